"""The claims of an access token (RFC 9068 section 2.2) and what each must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost_verifier.errors import (
    AudienceInvalid,
    ClaimInvalid,
    ClaimMissing,
    IssuerInvalid,
    TokenExpired,
    TokenNotYetValid,
)

_REQUIRED = frozenset({"iss", "sub", "aud", "client_id", "iat", "exp", "jti"})
_IDENTIFIERS = ("sub", "client_id", "jti")
_OPTIONAL_STRINGS = ("sid", "scope", "acr")
_STRING_ARRAYS = ("roles", "permissions", "amr")
_INTEGERS = ("iat", "nbf", "exp", "auth_time", "ver")
# Beyond it, JSON numbers lose precision in other languages (RFC 8259 section 6).
_INTEGER_LIMIT = 2**53


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a verified access token (RFC 9068 section 2.2). Times are seconds since the epoch.

    Absent claims are None or empty. `sid` is the session, `ver` the user's version (both for revocation), `claims` the
    whole payload with whatever else the issuer put in: to be read only, since a token that comes again gets the same object.
    """

    iss: str
    sub: str
    aud: tuple[str, ...]
    client_id: str
    iat: int
    nbf: int | None
    exp: int
    jti: str
    sid: str | None
    scope: tuple[str, ...]
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    auth_time: int | None
    amr: tuple[str, ...]
    acr: str | None
    ver: int | None
    claims: Mapping[str, Any] = field(repr=False, hash=False)


def check_claims(claims: dict[str, Any], *, issuer: str, audience: str, now: float, leeway: int) -> AccessToken:
    """Check the claims of a token whose signature fits, at `now` (seconds since the epoch) with `leeway` seconds.

    Raises ClaimMissing, ClaimInvalid, IssuerInvalid, AudienceInvalid, TokenExpired or TokenNotYetValid.
    """
    absent = _REQUIRED - claims.keys()
    if absent:
        raise ClaimMissing(f"required claims are absent: {', '.join(sorted(absent))}")
    if claims["iss"] != issuer:
        raise IssuerInvalid("iss isn't the configured issuer")
    aud = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not _are_strings(aud):
        raise AudienceInvalid("aud isn't a string or an array of strings")
    if audience not in aud:
        raise AudienceInvalid("aud doesn't name this audience")
    _check_types(claims)
    iat, exp, nbf = claims["iat"], claims["exp"], claims.get("nbf")
    if exp <= iat:
        raise ClaimInvalid("exp isn't after iat")
    token = AccessToken(
        iss=issuer,
        sub=claims["sub"],
        aud=tuple(aud),
        client_id=claims["client_id"],
        iat=iat,
        nbf=nbf,
        exp=exp,
        jti=claims["jti"],
        sid=claims.get("sid"),
        scope=tuple(claims["scope"].split(" ")) if claims.get("scope") else (),
        roles=tuple(claims.get("roles", ())),
        permissions=tuple(claims.get("permissions", ())),
        auth_time=claims.get("auth_time"),
        amr=tuple(claims.get("amr", ())),
        acr=claims.get("acr"),
        ver=claims.get("ver"),
        claims=claims,
    )
    check_times(token, now=now, leeway=leeway)
    return token


def check_times(token: AccessToken, *, now: float, leeway: int) -> None:
    """Check that `token` is taken at `now`: iat - leeway <= now < exp + leeway. Raises TokenExpired or TokenNotYetValid."""
    if now >= token.exp + leeway:
        raise TokenExpired("exp has passed")
    if max(token.iat, token.nbf or 0) > now + leeway:
        raise TokenNotYetValid("iat or nbf is in the future")


def _check_types(claims: dict[str, Any]) -> None:
    # Each default is of the right type: absent is fine where it isn't required, null never is.
    for name in _IDENTIFIERS:
        if not isinstance(claims[name], str) or not claims[name]:
            raise ClaimInvalid(f"{name} isn't a non-empty string")
    for name in _OPTIONAL_STRINGS:
        if not isinstance(claims.get(name, ""), str):
            raise ClaimInvalid(f"{name} isn't a string")
    for name in _STRING_ARRAYS:
        value = claims.get(name, [])
        if not isinstance(value, list) or not _are_strings(value):
            raise ClaimInvalid(f"{name} isn't an array of strings")
    for name in _INTEGERS:
        value = claims.get(name, 0)
        # Not isinstance: True is an int too.
        if type(value) is not int or not 0 <= value < _INTEGER_LIMIT:
            raise ClaimInvalid(f"{name} isn't an integer from 0 to 2**53 - 1")


def _are_strings(values: list[Any]) -> bool:
    return set(map(type, values)) <= {str}
