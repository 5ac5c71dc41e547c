"""The claims of an access token (RFC 9068 section 2.2) and what each must be."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gatepost_verifier.errors import (
    AudienceInvalid,
    ClaimInvalid,
    ClaimMissing,
    IssuerInvalid,
    TokenExpired,
    TokenNotYetValid,
)

_REQUIRED = frozenset({"iss", "sub", "aud", "client_id", "iat", "exp", "jti"})
# Beyond it, JSON numbers lose precision in other languages (RFC 8259 section 6).
_INTEGER_LIMIT = 2**53
_NONE: list[str] = []


class AccessToken(NamedTuple):
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
    claims: Mapping[str, Any]

    def __hash__(self) -> int:
        return hash(self[:-1])


def check_claims(claims: dict[str, Any], *, issuer: str, audience: str, now: float, leeway: int) -> AccessToken:
    """Check the claims of a token whose signature fits, at `now` (seconds since the epoch) with `leeway` seconds.

    Raises ClaimMissing, ClaimInvalid, IssuerInvalid, AudienceInvalid, TokenExpired or TokenNotYetValid.
    """
    if not claims.keys() >= _REQUIRED:
        raise ClaimMissing(f"required claims are absent: {', '.join(sorted(_REQUIRED - claims.keys()))}")
    if claims["iss"] != issuer:
        raise IssuerInvalid("iss isn't the configured issuer")
    aud = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not _are_strings(aud):
        raise AudienceInvalid("aud isn't a string or an array of strings")
    if audience not in aud:
        raise AudienceInvalid("aud doesn't name this audience")
    token = _access_token(claims, tuple(aud))
    if token.exp <= token.iat:
        raise ClaimInvalid("exp isn't after iat")
    check_times(token, now, leeway)
    return token


def check_times(token: AccessToken, now: float, leeway: int) -> None:
    """Check that `token` is taken at `now`: iat - leeway <= now < exp + leeway. Raises TokenExpired or TokenNotYetValid."""
    if now >= token.exp + leeway:
        raise TokenExpired("exp has passed")
    if max(token.iat, token.nbf or 0) > now + leeway:
        raise TokenNotYetValid("iat or nbf is in the future")


def _access_token(claims: dict[str, Any], aud: tuple[str, ...]) -> AccessToken:
    """The claims, each of its type. Raises ClaimInvalid. Written out: loops over names take twice as long."""
    get = claims.get
    sub, client_id, jti = claims["sub"], claims["client_id"], claims["jti"]
    if not (type(sub) is type(client_id) is type(jti) is str and sub and client_id and jti):
        raise ClaimInvalid("sub, client_id or jti isn't a non-empty string")
    # Each default is of the right type: absent is fine where it isn't required, null never is.
    sid, scope, acr = get("sid", ""), get("scope", ""), get("acr", "")
    if not (type(sid) is type(scope) is type(acr) is str):
        raise ClaimInvalid("sid, scope or acr isn't a string")
    roles, permissions, amr = get("roles", _NONE), get("permissions", _NONE), get("amr", _NONE)
    if not (type(roles) is type(permissions) is type(amr) is list and _are_strings(roles + permissions + amr)):
        raise ClaimInvalid("roles, permissions or amr isn't an array of strings")
    iat, exp, nbf, auth_time, ver = claims["iat"], claims["exp"], get("nbf", 0), get("auth_time", 0), get("ver", 0)
    # Not isinstance: True is an int too.
    if not (type(iat) is type(exp) is type(nbf) is type(auth_time) is type(ver) is int):
        raise ClaimInvalid("iat, exp, nbf, auth_time or ver isn't an integer")
    if min(iat, exp, nbf, auth_time, ver) < 0 or max(iat, exp, nbf, auth_time, ver) >= _INTEGER_LIMIT:
        raise ClaimInvalid("iat, exp, nbf, auth_time or ver isn't from 0 to 2**53 - 1")
    return AccessToken(
        claims["iss"],
        sub,
        aud,
        client_id,
        iat,
        get("nbf"),
        exp,
        jti,
        get("sid"),
        tuple(scope.split(" ")) if scope else (),
        tuple(roles),
        tuple(permissions),
        get("auth_time"),
        tuple(amr),
        get("acr"),
        get("ver"),
        claims,
    )


def _are_strings(values: list[Any]) -> bool:
    return set(map(type, values)) <= {str}
