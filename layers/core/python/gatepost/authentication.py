"""Who an access token speaks for, looked up at every call of this API."""

from dataclasses import dataclass

from gatepost import clock, sessions
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
    """Who makes a call: the user, and in which session."""

    user: User
    session: Session


def authenticate(service: Service, authorization: str | None) -> Principal:
    """Return who the value of the `Authorization` header speaks for. The token must have the issuer in `aud`.

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
    if token.sid is None:
        raise NotAuthenticated
    user_item, session_item = service.db.get_many(
        (settings.users_table, keys.user(token.sub)), (settings.sessions_table, keys.session(token.sub, token.sid))
    )
    user, session = (user_items.from_item(user_item), session_items.from_item(session_item))
    if user is None or session is None or not sessions.is_alive(service, session, user):
        raise NotAuthenticated
    return Principal(user, session)
