"""A user's sessions: listing and ending them."""

from typing import Any

from gatepost import clock, revocations
from gatepost.audit import Event
from gatepost.authentication import Principal, SignedInPrincipal
from gatepost.caller import Caller
from gatepost.errors import NotAuthenticated, NotFound, logged_if_unavailable
from gatepost.identifiers import is_id
from gatepost.service import Service
from gatepost.sessions import is_alive
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.sessions import Session
from gatepost.storage.users import User
from gatepost.storage.writes import Write

# A transaction holds 100 writes.
_REVOKED_ONE_BY_ONE = 80


def page(service: Service, user: User, limit: int, after: str | None) -> tuple[list[Session], str | None]:
    """Return a user's living sessions in the order of their ids, at most `limit`, those behind the id `after`.

    The second value is the id to go on from, None at the end; a page may be short.
    """
    partition, prefix = keys.sessions_of(user.id)
    items, last = service.db.query(
        service.settings.sessions_table, partition, prefix, limit=limit, after=prefix + after if after else None
    )
    sessions = [session for session in map(session_items.of, items) if is_alive(service, session, user)]
    return sessions, last.removeprefix(prefix) if last else None


def alive(service: Service, user: User) -> list[Session]:
    """Return all living sessions of a user."""
    items = service.db.query_all(service.settings.sessions_table, *keys.sessions_of(user.id))
    return [session for session in map(session_items.of, items) if is_alive(service, session, user)]


def in_use(service: Service, user: User) -> list[Session]:
    """Return the living sessions whose newest access token may not have expired."""
    # The token before the current one may bring an access token up to 30 s after the session was used last.
    since = clock.now() - revocations.LISTED - 30
    return [session for session in alive(service, user) if session.last_used_at >= since]


def described(session: Session, current: str) -> dict[str, Any]:
    """Return what is shown of a session; `current` is the id of the one that asks."""
    return {
        "id": session.id,
        "device_name": session.device_name,
        "ip": session.ip,
        "created_at": clock.rfc3339(session.created_at_ms // 1000),
        "last_used_at": clock.rfc3339(session.last_used_at),
        "current": session.id == current,
    }


def end(service: Service, me: Principal, session_id: str, caller: Caller) -> None:
    """End one of the user's sessions.

    Raises:
        NotFound: there's none of this id, or it's somebody else's.
    """
    if not is_id(session_id):
        raise NotFound("There is no such session.")
    table = service.settings.sessions_table
    try:
        service.db.transact(
            session_items.end_of_user(table, me.user.id, session_id),
            revocations.of_session(table, session_id),
            service.audit.event(Event.SESSION_ENDED, caller, user_id=me.user.id, actor_id=me.user.id, session_id=session_id),
        )
    except ConditionFailed as exc:
        raise NotFound("There is no such session.") from exc


def end_others(service: Service, me: SignedInPrincipal, caller: Caller) -> None:
    """End all of the user's sessions but the one that asks.

    Raises:
        NotAuthenticated: if the user or the session changed meanwhile.
    """
    event = service.audit.event(
        Event.OTHER_SESSIONS_ENDED, caller, user_id=me.user.id, actor_id=me.user.id, session_id=me.session.id
    )
    commit_ending_others(service, me, me.user.password_hash, event)


def commit_ending_others(service: Service, me: SignedInPrincipal, password_hash: str, *writes: Write) -> None:
    """Commit `writes` together with the end of all sessions but `me.session`, by raising the user's epoch, and set
    `password_hash`.

    The access tokens of the others go onto the revocation list, one by one while they fit into a transaction; else all
    of the user's do, and the session that asks needs a refresh. A sign-in that was committed just before is listed after.

    Raises:
        NotAuthenticated: if the user or the session changed meanwhile.
    """
    settings, user = service.settings, me.user
    others = [session for session in in_use(service, user) if session.id != me.session.id]
    void_tokens = len(others) > _REVOKED_ONE_BY_ONE
    revoked = (
        [revocations.of_user(settings.sessions_table, user.id, user.version + 1)]
        if void_tokens
        else [revocations.of_session(settings.sessions_table, session.id) for session in others]
    )
    try:
        service.db.transact(
            user_items.change_password(settings.users_table, user, password_hash, void_tokens=void_tokens),
            session_items.keep(settings.sessions_table, me.session, epoch=user.epoch + 1),
            *revoked,
            *writes,
        )
    except ConditionFailed as exc:
        raise NotAuthenticated from exc
    if not void_tokens:
        _list_stragglers(service, user, {session.id for session in others})


def _list_stragglers(service: Service, user: User, listed: set[str]) -> None:
    """List the sessions of the old epoch that began or were used after the others were read. There can be no more: the
    epoch has passed.
    """
    with logged_if_unavailable("sessions that were ended may be missing on the revocation list"):
        for session in in_use(service, user):
            if session.id not in listed:
                service.db.write(revocations.of_session(service.settings.sessions_table, session.id))


def end_surplus(service: Service, user: User, caller: Caller) -> None:
    """End the oldest sessions of a user who has more than the deployment allows. Called after a new one is committed.

    Of parallel sign-ins each ends the same oldest ones, and the last sees all: when it has answered, the cap holds. Where
    that fails the new session stands all the same, and the next sign-in ends what is too many.
    """
    allowed, table = service.settings.max_sessions, service.settings.sessions_table
    if not allowed:
        return
    with logged_if_unavailable("a user has more sessions than allowed until the next sign-in"):
        newest_first = sorted(alive(service, user), key=lambda session: (session.created_at_ms, session.id), reverse=True)
        for session in newest_first[allowed:]:
            try:
                service.db.transact(
                    session_items.end_of_user(table, user.id, session.id),
                    revocations.of_session(table, session.id),
                    service.audit.event(
                        Event.SESSION_DISPLACED, caller, user_id=user.id, actor_id=user.id, session_id=session.id
                    ),
                )
            except ConditionFailed:
                continue  # ended by a parallel sign-in
