"""Access tokens: JWTs of RFC 9068."""

from typing import Any

from gatepost import clock
from gatepost.access.roles import Rights
from gatepost.errors import InvalidTarget
from gatepost.identifiers import new_id
from gatepost.service import Service
from gatepost.storage.api_keys import ApiKey
from gatepost.storage.sessions import Session
from gatepost.storage.users import User

LIFETIME = 900  # seconds
TOKEN_TYPE = "at+jwt"  # noqa: S105 (RFC 9068, section 2.1)
FIRST_PARTY_CLIENT = "gatepost"
# The `amr` of tokens that an API key was exchanged for; a name of our own, since RFC 8176 has none.
API_KEY = "api_key"
# NIST SP 800-63B: one factor.
_SINGLE_FACTOR = "aal1"
# OpenID Connect Core, section 2: no level of confidence, since nobody was there.
_NO_LEVEL = "0"


def audience(service: Service, requested: str | None) -> tuple[str, ...]:
    """Return the `aud` of a first-party sign-in: the issuer, and the deployment's own audience or the one requested.

    Asking for the issuer gives the issuer alone, the only kind of token that the admin API takes.

    Raises:
        InvalidTarget: if the one requested is not allowed by the settings.
    """
    settings = service.settings
    wanted = requested or settings.audience
    if wanted not in {settings.issuer, settings.audience, *settings.allowed_audiences}:
        raise InvalidTarget
    return (settings.issuer,) if wanted == settings.issuer else (settings.issuer, wanted)


def issue(service: Service, user: User, session: Session, rights: Rights) -> str:
    """Return a signed access token for `user` in `session`, which says that they have `rights`. Raises `Unavailable`."""
    how = {"sid": session.id, "auth_time": session.auth_time, "amr": list(session.amr), "acr": _SINGLE_FACTOR}
    return _signed(service, user, session.audience, rights, LIFETIME, how)


def issue_for_api_key(service: Service, user: User, key: ApiKey, audience: tuple[str, ...], rights: Rights) -> tuple[str, int]:
    """Return a signed access token for `key` of `user`, which doesn't outlive it, and in how many seconds it expires.

    Nobody has authenticated for it, ever: it's no sign-in, fresh or not, and by no factor. Raises `Unavailable`.
    """
    lifetime = min(LIFETIME, key.expires_at - clock.now())
    how = {"sid": key.id, "auth_time": 0, "amr": [API_KEY], "acr": _NO_LEVEL}
    return _signed(service, user, audience, rights, lifetime, how), lifetime


def _signed(service: Service, user: User, audience: tuple[str, ...], rights: Rights, lifetime: int, how: dict[str, Any]) -> str:
    now = clock.now()
    return service.signer.sign(
        {
            "iss": service.settings.issuer,
            "sub": user.id,
            "aud": list(audience),
            "client_id": FIRST_PARTY_CLIENT,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "jti": new_id(),
            "scope": "",
            "roles": list(rights.roles),
            "permissions": list(rights.permissions),
            "ver": user.version,
            **how,
        },
        TOKEN_TYPE,
    )
