"""The issuer's keys, fetched from its key set document when one is needed.

The set is fetched again after an hour, and for a `kid` it doesn't have: a new key is published two hours before it signs, so
both are ways to notice one, and random kids make no more than one fetch each cool-down. When a fetch fails or its answer is
unusable, the old set goes on for a day: long enough for somebody to notice, and a key that was withdrawn in an emergency
isn't trusted forever by who can't hear of it.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from math import inf
from urllib.parse import urlsplit

from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.key_set import VerificationKey, parse_key_set

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

_PATH = "/.well-known/jwks.json"
_logger = logging.getLogger(__name__)


def key_set_url(issuer: str) -> str:
    """Where `issuer` publishes its key set.

    Raises ValueError unless it is an https URL without a trailing slash, query or fragment; http is for loopback addresses.
    """
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    plain = issuer == f"{parts.scheme}://{parts.netloc}{parts.path}" and "@" not in parts.netloc and not issuer.endswith("/")
    if not host or not plain or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise ValueError(
            "must be an https URL such as https://auth.example.com, without a trailing slash (http is for loopback alone)"
        )
    return issuer + _PATH


class KeySource:
    """The keys of `issuer` by their `kid`; `get` is the `keys` of a `Verifier`. Nothing is fetched before the first `get`.

    `clock` gives seconds that never go back. May be used by several threads. Raises ValueError as `key_set_url` does.
    """

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = key_set_url(issuer)
        self._clock = clock
        self._lock = threading.Lock()
        self._tried_at = -inf
        # Replaced as a whole, so that no thread sees half of it: the keys, and when their fetch began.
        self._current: tuple[Mapping[str, VerificationKey], float] = ({}, -inf)

    def get(self, kid: str) -> VerificationKey | None:
        """The issuer's key of this `kid`, None if it has none or no key set could be fetched. Waits `TIMEOUT` at the most."""
        keys, fetched_at = self._current
        if kid not in keys or self._clock() - fetched_at >= MAX_AGE:
            self._refresh()
            keys, fetched_at = self._current
        if self._clock() - fetched_at >= MAX_AGE + STALE_IF_ERROR:
            return None
        return keys.get(kid)

    def _refresh(self) -> None:
        # Who comes while another fetches waits for that, and then finds it done.
        with self._lock:
            now = self._clock()
            if now - self._tried_at < (COOL_DOWN if self._current[0] else RETRY):
                return
            self._tried_at = now
            # A socket's timeout limits each of its steps, but neither name resolution nor all of them together. What comes
            # after the wait is still taken.
            fetch = threading.Thread(target=self._fetch, args=(now,), name="key-set", daemon=True)
            fetch.start()
            fetch.join(TIMEOUT)

    def _fetch(self, now: float) -> None:
        try:
            keys = parse_key_set(parse_json_object(_download(self._url)))
        except (OSError, HTTPException, ValueError) as error:
            _logger.warning(
                "the key set can't be fetched", extra={"url": self._url, "problem": f"{type(error).__name__}: {error}"}
            )
            return
        if now > self._current[1]:
            self._current = (keys, now)


def _download(url: str) -> bytes:
    """The body at `url`. http.client follows no redirect, uses no proxy and knows no other scheme. Raises OSError,
    HTTPException, or ValueError for another status than 200 or more than `MAX_BYTES`.
    """
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", parts.path, headers={"accept": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"the answer is {response.status}, not 200")
        body = response.read(MAX_BYTES + 1)
    finally:
        connection.close()
    if len(body) > MAX_BYTES:
        raise ValueError(f"the answer is longer than {MAX_BYTES} bytes")
    return body


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
