"""Who an access token speaks for, looked up at every call of this API."""

from dataclasses import dataclass

from gatepost import access_tokens, clock, sessions
from gatepost.access.current_roles import rights_in, rights_within
from gatepost.access.roles import Catalogue, Rights
from gatepost.api_keys import validity
from gatepost.errors import NotAuthenticated
from gatepost.service import Service
from gatepost.storage import api_keys, keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.sessions import Session
from gatepost.storage.users import User
from gatepost_verifier import BearerMissing, VerificationError, bearer_token, verify_access_token


@dataclass(frozen=True)
class Principal:
    """Who makes a call: the user, and what they may right now, by the roles as they are in `catalogue`; by an API key, no more
    than it permits. `sid` is the id of the session or the API key.
    """

    user: User
    sid: str
    rights: Rights
    catalogue: Catalogue

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def permissions(self) -> tuple[str, ...]:
        return self.rights.permissions


@dataclass(frozen=True)
class SignedInPrincipal(Principal):
    """A user who has signed in, and not an API key of theirs. `audience` is whom the access token is for: the issuer alone, or
    the issuer and another, who then was handed it and may be who makes this call.
    """

    session: Session
    audience: tuple[str, ...]


def authenticate(service: Service, authorization: str | None, *, issuer_alone: bool = False) -> Principal:
    """Return who the value of the `Authorization` header speaks for. The token must have the issuer in `aud`, and with
    `issuer_alone` nothing else: no API that is handed a token of that kind for itself can use it here.

    Raises:
        NotAuthenticated: no token, or one that is invalid, or whose session, API key or user is no longer active.
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
    by_api_key = access_tokens.API_KEY in token.amr
    user_item, item, version = service.db.get_many(
        (settings.users_table, keys.user(token.sub)),
        (settings.users_table, keys.api_key(token.sub, token.sid))
        if by_api_key
        else (settings.sessions_table, keys.session(token.sub, token.sid)),
        service.roles.version,
    )
    user = user_items.from_item(user_item)
    if user is None:
        raise NotAuthenticated
    if by_api_key:
        key = api_keys.from_item(item)
        if key is None or validity.refusal(service, key, user):
            raise NotAuthenticated
        catalogue = service.roles.at(version)
        return Principal(user, key.id, rights_within(catalogue, user, key.permissions), catalogue)
    session = session_items.from_item(item)
    if session is None or not sessions.is_alive(service, session, user):
        raise NotAuthenticated
    catalogue = service.roles.at(version)
    return SignedInPrincipal(user, session.id, rights_in(catalogue, user), catalogue, session, token.aud)
