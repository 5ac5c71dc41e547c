"""bcrypt, as it stands in the password files of OpenBSD, PHP and nearly all frameworks.

`$2a$`, `$2b$` and `$2y$` are one algorithm; `$2x$` marks hashes made by a bug, and is no form here.
"""

import re
from functools import partial

import bcrypt

from gatepost.credentials.legacy_hashes.fields import Form, Matches, number

# 2**15 rounds take two seconds of one core; each more doubles it.
_COSTS = range(4, 16)
# Those behind never counted (and bcrypt 5 raises where there are more).
_BYTES = 72


def _read(stored: str, cost: str) -> Matches:
    number(cost, "the cost", _COSTS)
    return partial(_matches, stored.encode())


def _matches(stored: bytes, password: bytes) -> bool:
    """At a NUL some implementations stop and others refuse, so no hash was made of what is behind one. The algorithm
    itself would take a word for the same word twice with a NUL between.
    """
    return b"\0" not in password and bcrypt.checkpw(password[:_BYTES], stored)


FORMS = (
    # Salt and hash have bits to spare in their last letters, which are zero.
    Form(re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"), _read),
)
