"""Access tokens: JWTs of RFC 9068."""

from gatepost import clock
from gatepost.access.roles import Rights
from gatepost.errors import InvalidTarget
from gatepost.identifiers import new_id
from gatepost.service import Service
from gatepost.storage.sessions import Session
from gatepost.storage.users import User

LIFETIME = 900  # seconds
TOKEN_TYPE = "at+jwt"  # noqa: S105 (RFC 9068, section 2.1)
FIRST_PARTY_CLIENT = "gatepost"
# NIST SP 800-63B: one factor.
_SINGLE_FACTOR = "aal1"


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
    now = clock.now()
    return service.signer.sign(
        {
            "iss": service.settings.issuer,
            "sub": user.id,
            "aud": list(session.audience),
            "client_id": FIRST_PARTY_CLIENT,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "jti": new_id(),
            "sid": session.id,
            "scope": "",
            "roles": list(rights.roles),
            "permissions": list(rights.permissions),
            "auth_time": session.auth_time,
            "amr": list(session.amr),
            "acr": _SINGLE_FACTOR,
            "ver": user.version,
        },
        TOKEN_TYPE,
    )
