"""Whether a password is one of the 100,000 most common. `tools/common_passwords.py` makes the file this searches.

Import it only where a password is set: the file is read when the module is.
"""

import hashlib
from bisect import bisect_left
from pathlib import Path

_PREFIX = 5  # bytes of the SHA-256 of an entry; the file is these, sorted
_DIGESTS = (Path(__file__).parent / "common_passwords.bin").read_bytes()


def is_common(password: str) -> bool:
    """Return whether `password` stands in the list, as it is."""
    prefix = hashlib.sha256(password.encode()).digest()[:_PREFIX]
    places = range(len(_DIGESTS) // _PREFIX)
    place = bisect_left(places, prefix, key=_at)
    return place < len(places) and _at(place) == prefix


def _at(place: int) -> bytes:
    return _DIGESTS[place * _PREFIX : (place + 1) * _PREFIX]
