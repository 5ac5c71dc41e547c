"""The issuer's keys, fetched from its key set document when one is needed.

The set is fetched again after an hour, and for a `kid` it doesn't have: a new key is published hours before it signs, so
both are ways to notice one, and random kids make no more than one fetch each cool-down. When a fetch fails or its answer is
unusable, the old set goes on for a day: long enough for somebody to notice, and a key that was withdrawn in an emergency
isn't trusted forever by who can't hear of it.
"""

import time
from collections.abc import Callable, Mapping

from gatepost_verifier.documents import Document
from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.key_set import VerificationKey, parse_key_set

PATH = "/.well-known/jwks.json"
MAX_AGE = 3600
"""Seconds after which the key set is fetched again."""
STALE_IF_ERROR = 86_400
"""Seconds beyond `MAX_AGE` that a set is used while no new one can be had (the idea of RFC 5861 section 4)."""
COOL_DOWN = 30
"""Seconds between two fetches at the least, whatever tokens arrive."""
RETRY = 5
"""The same while there are no keys at all, since until then every token is refused."""
TIMEOUT = 2.0
"""Seconds that a call waits for a fetch; an authorizer has 10 in all."""
MAX_BYTES = 64 * 1024
"""A hundred RSA keys are half of it."""


class KeySource:
    """The keys of `issuer` by their `kid`; `get` is the `keys` of a `Verifier`. Nothing is fetched before the first `get`.

    `clock` gives seconds that never go back. May be used by several threads. Raises ValueError if the issuer is no URL to
    fetch from (`document_url`).
    """

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._document = Document(issuer, PATH, _parse, max_bytes=MAX_BYTES, clock=clock)

    def get(self, kid: str) -> VerificationKey | None:
        """The issuer's key of this `kid`, None if it has none or no key set could be fetched. Waits `TIMEOUT` at the most."""
        document = self._document
        copy = document.copy
        if copy is not None and kid in copy.value and document.age() < MAX_AGE:
            return copy.value[kid]
        document.refresh(RETRY if copy is None else COOL_DOWN, TIMEOUT)
        copy = document.copy
        if copy is None or document.age() >= MAX_AGE + STALE_IF_ERROR:
            return None
        return copy.value.get(kid)


def _parse(body: bytes) -> Mapping[str, VerificationKey]:
    return parse_key_set(parse_json_object(body))
