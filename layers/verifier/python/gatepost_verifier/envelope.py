"""The outer form of an access token: a compact JWS with a fixed header, read strictly (RFC 7515, RFC 8725).

PyJWT's own reader takes duplicate members, UTF-16, padding, foreign header members and megabytes, so the form is ours to
check; PyJWT checks the signature.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from gatepost_verifier.encoding import decode_base64url, parse_json_object
from gatepost_verifier.errors import (
    AlgorithmNotAllowed,
    HeaderInvalid,
    KeyIdInvalid,
    TokenMalformed,
    TokenTooLong,
    TokenTypeInvalid,
)
from gatepost_verifier.key_set import ALGORITHMS, is_key_id

MAX_TOKEN_LENGTH = 8192
"""Characters; API Gateway takes about 10 kB of headers, so a longer token couldn't be used anyway."""

_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
_TYPES = ("at+jwt", "application/at+jwt")


class Envelope(NamedTuple):
    """A parsed token whose signature nobody has checked yet: nothing in it may be trusted."""

    alg: str
    kid: str
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


def encode(token: str) -> bytes:
    """The bytes of a token that isn't too long. Comes before all else, which costs time by length.

    Raises TokenTooLong or TokenMalformed.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenTooLong(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
    if not token.isascii():
        raise TokenMalformed("the token isn't ASCII")
    return token.encode("ascii")


def parse(encoded: bytes) -> Envelope:
    """Read the form of a compact JWS access token, as `encode` gives it (RFC 7515 section 7.1, RFC 9068 section 2.1).

    Raises TokenMalformed, HeaderInvalid, AlgorithmNotAllowed, TokenTypeInvalid or KeyIdInvalid.
    """
    segments = encoded.split(b".", 3)
    if len(segments) != 3 or not all(segments):
        raise TokenMalformed("the token hasn't three non-empty segments")
    header_segment, payload_segment, signature_segment = segments
    alg, kid = _parse_header(header_segment)
    payload = _parse_object(payload_segment, "payload")
    try:
        signature = decode_base64url(signature_segment)
    except ValueError as error:
        raise TokenMalformed(f"the signature can't be read: {error}") from None
    return Envelope(alg, kid, payload, encoded[: -len(signature_segment) - 1], signature)


def _parse_object(segment: bytes, part: str) -> dict[str, Any]:
    try:
        return parse_json_object(decode_base64url(segment))
    except ValueError as error:
        raise TokenMalformed(f"the {part} can't be read: {error}") from None


# All tokens of one key have the same header. Refusals are exceptions and so never kept.
@lru_cache(maxsize=16)
def _parse_header(segment: bytes) -> tuple[str, str]:
    header = _parse_object(segment, "header")
    # Whatever else a header could say (crit, b64, jwk, jku, x5c, zip ...) would ask for something we don't do.
    if not header.keys() <= _HEADER_MEMBERS:
        raise HeaderInvalid("the header has members other than alg, kid and typ")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        raise AlgorithmNotAllowed("alg isn't one of the allowed algorithms")
    typ = header.get("typ")
    # A media type: case doesn't matter, `application/` may be left out (RFC 7515 section 4.1.9).
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise TokenTypeInvalid("typ isn't at+jwt")
    kid = header.get("kid")
    if not is_key_id(kid):
        raise KeyIdInvalid("kid isn't a short printable string")
    return alg, kid
