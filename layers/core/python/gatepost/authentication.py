"""Who an access token speaks for, looked up at every call of this API."""

from dataclasses import dataclass

from gatepost import clock, sessions
from gatepost.access.current_roles import rights_in
from gatepost.access.roles import Catalogue, Rights
from gatepost.errors import NotAuthenticated
from gatepost.service import Service
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.sessions import Session
from gatepost.storage.users import User
from gatepost_verifier import BearerMissing, VerificationError, bearer_token, verify_access_token


@dataclass(frozen=True)
class Principal:
    """Who makes a call: the user, in which session, and what they may right now, by the roles as they are in `catalogue`."""

    user: User
    session: Session
    rights: Rights
    catalogue: Catalogue

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def permissions(self) -> tuple[str, ...]:
        return self.rights.permissions


def authenticate(service: Service, authorization: str | None, *, issuer_alone: bool = False) -> Principal:
    """Return who the value of the `Authorization` header speaks for. The token must have the issuer in `aud`, and with
    `issuer_alone` nothing else: no API that is handed a token of that kind for itself can use it here.

    Raises:
        NotAuthenticated: no token, or one that is invalid, or whose session or user is no longer active.
        Unavailable: the keys or the tables can't be read.
    """
    settings = service.settings
    try:
        token = verify_access_token(
            bearer_token(authorization),
            issuer=settings.issuer,
            audience=settings.issuer,
            keys=service.signer.verification_keys().get,
            now=clock.now(),
        )
    except BearerMissing as exc:
        raise NotAuthenticated(anonymous=True) from exc
    except VerificationError as exc:
        raise NotAuthenticated from exc
    if token.sid is None or (issuer_alone and token.aud != (settings.issuer,)):
        raise NotAuthenticated
    user_item, session_item, version = service.db.get_many(
        (settings.users_table, keys.user(token.sub)),
        (settings.sessions_table, keys.session(token.sub, token.sid)),
        service.roles.version,
    )
    user, session = (user_items.from_item(user_item), session_items.from_item(session_item))
    if user is None or session is None or not sessions.is_alive(service, session, user):
        raise NotAuthenticated
    catalogue = service.roles.at(version)
    return Principal(user, session, rights_in(catalogue, user), catalogue)
