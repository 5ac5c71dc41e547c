"""A user's own API keys: making, listing and deleting them."""

from collections.abc import Collection
from typing import Any

from gatepost import clock, idempotency, limits, revocations
from gatepost.access.authority import demand_holds
from gatepost.api_keys import spelling, validity
from gatepost.api_keys.spelling import SpelledKey
from gatepost.audit import Event
from gatepost.authentication import SignedInPrincipal
from gatepost.caller import Caller
from gatepost.conflicts import TooManyApiKeys
from gatepost.errors import Conflict, InvalidField, NotFound, NotPermitted
from gatepost.idempotency import Attempt
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import api_keys, keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.api_keys import ApiKey
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.users import User
from gatepost.storage.writes import Write

MAX_KEYS = 25
DAY = 86_400  # seconds
DEFAULT_DAYS = 90
MAX_DAYS = 366


def all_of(service: Service, user: User) -> list[ApiKey]:
    """Return a user's keys, the newest first, without those that are over. Raises `Unavailable`."""
    found = api_keys.read_all(service.db, service.settings.users_table, user)
    return sorted((key for key in found if not validity.is_over(service, key, user)), key=_position, reverse=True)


def page(service: Service, user: User, limit: int, after: str | None) -> tuple[list[ApiKey], str | None]:
    """Return a user's keys, the newest first, at most `limit`, those behind the position `after`; then the next position."""
    behind = [key for key in all_of(service, user) if after is None or _position(key) < after]
    return behind[:limit], _position(behind[limit - 1]) if len(behind) > limit else None


def described(key: ApiKey) -> dict[str, Any]:
    """Return what its owner sees of a key."""
    return {
        "id": key.id,
        "prefix": spelling.shown(key.id),
        "name": key.name,
        "permissions": list(key.permissions),
        "audience": key.audience,
        "created_at": clock.rfc3339(key.created_at),
        "expires_at": clock.rfc3339(key.expires_at),
        "last_used_at": None if key.last_used_at is None else clock.rfc3339(key.last_used_at),
    }


def create(
    service: Service,
    me: SignedInPrincipal,
    name: str,
    permissions: Collection[str],
    expires_at: int | None,
    attempt: Attempt | None,
    caller: Caller,
) -> tuple[ApiKey, str | None]:
    """Make a key with these permissions, good until `expires_at` (`DEFAULT_DAYS` by default), and return it with its text,
    which nobody sees again. Its owner gets a mail, the same only so often.

    By an access token for another API as well, which may be who asks, it's a key for that API alone: it never gets anybody
    further than the token did.

    Where `attempt` was made before, return what it made, without its text.

    Raises:
        InvalidField: it would be over already, or good for longer than `MAX_DAYS`.
        NotPermitted: the user doesn't hold all the permissions, or has no proven address.
        TooManyApiKeys: there are `MAX_KEYS` already.
        IdempotencyKeyReused: the attempt's key was used for another API key.
        NotFound: what the attempt made is deleted or over by now.
        Conflict: what the user may, or the session, was changed meanwhile.
    """
    key, text = _new(service, me, name, permissions, expires_at)
    settings, db = service.settings, service.db
    if len(me.user.api_keys) >= MAX_KEYS:
        _forget_those_that_are_over(service, me.user)
    _, (mail,) = limits.ask(
        db,
        settings.sessions_table,
        (service.limits.api_key_mails, limits.account(me.user.email_digest)),
        beside=lambda: None,
    )
    reserved = [mail] if isinstance(mail, Reservation) else []
    writes = [
        *api_keys.create(settings.users_table, me.user, key, allowed=MAX_KEYS),
        session_items.demand_exists(settings.sessions_table, me.session),
        enqueue(settings.outbox_table, service.sealer, _notice(me.user, key), caller, silent=not reserved),
        service.audit.event(Event.API_KEY_CREATED, caller, user_id=key.user_id, actor_id=key.user_id, api_key_id=key.id),
    ]
    if attempt is not None:
        writes.append(idempotency.remember(settings.sessions_table, attempt, key.id))
    with limits.taken_back_if_unavailable(db, settings.sessions_table, reserved):
        try:
            db.transact(*writes)
        except ConditionFailed as refusal:
            for reservation in reserved:
                limits.take_back(db, settings.sessions_table, reservation)
            return _made_before(service, me.user, attempt, writes, refusal), None
    return key, text


def delete(service: Service, me: SignedInPrincipal, key_id: str, caller: Caller) -> None:
    """Delete one of the user's keys, whose access tokens go onto the revocation list.

    Raises:
        NotFound: there's none of this id, or it's somebody else's.
    """
    settings, user_id = service.settings, me.user.id
    if not spelling.is_id(key_id):
        raise NotFound("There is no such API key.")
    try:
        service.db.transact(
            *api_keys.delete(settings.users_table, user_id, key_id),
            revocations.of_session(settings.sessions_table, key_id),
            service.audit.event(Event.API_KEY_DELETED, caller, user_id=user_id, actor_id=user_id, api_key_id=key_id),
        )
    except ConditionFailed as exc:
        raise NotFound("There is no such API key.") from exc


def _new(
    service: Service, me: SignedInPrincipal, name: str, permissions: Collection[str], expires_at: int | None
) -> tuple[ApiKey, str]:
    """Return a key that `me` may make, and its text."""
    now, user = clock.now(), me.user
    until = now + DEFAULT_DAYS * DAY if expires_at is None else expires_at
    if not now < until <= now + MAX_DAYS * DAY:
        raise InvalidField("expires_at", f"must be a time to come, within {MAX_DAYS} days")
    if not user.email_verified:
        raise NotPermitted("Prove your e-mail address first.")
    demand_holds(me.rights.permissions, permissions)
    spelled = SpelledKey.new(user.id)
    key = ApiKey(
        id=spelled.id,
        user_id=user.id,
        name=name,
        permissions=tuple(permissions),
        secret_digest=spelled.secret_digest,
        epoch=user.api_key_epoch,
        created_at=now,
        expires_at=until,
        audience=next((each for each in me.audience if each != service.settings.issuer), None),
    )
    return key, spelled.encode()


def _notice(user: User, key: ApiKey) -> Mail:
    # Without the key's name: who makes one in another's session would speak to the owner by it.
    times = {"at": clock.rfc3339(key.created_at), "until": clock.rfc3339(key.expires_at)}
    return Mail(to=user.email, kind=MailKind.API_KEY_CREATED, parameters=times)


def _made_before(
    service: Service, user: User, attempt: Attempt | None, writes: Collection[Write], refusal: ConditionFailed
) -> ApiKey:
    """Return the key that stood in the way of `writes`, which make one, where `attempt` made it; else say what did."""
    remembered = refusal.items.get(len(writes) - 1) if attempt is not None else None
    if attempt is not None and remembered is not None:
        made = idempotency.made_before(attempt, remembered)
        key = api_keys.from_item(service.db.get(service.settings.users_table, keys.api_key(user.id, made)))
        if key is None or validity.is_over(service, key, user):
            raise NotFound("There is no such API key.")
        return key
    as_it_is = user_items.from_item(refusal.items.get(0))
    if as_it_is is not None and len(as_it_is.api_keys) >= MAX_KEYS:
        raise TooManyApiKeys
    raise Conflict


def _forget_those_that_are_over(service: Service, user: User) -> None:
    """Make room: they were gone to all already."""
    table = service.settings.users_table
    over = [key.id for key in api_keys.read_all(service.db, table, user) if validity.is_over(service, key, user)]
    if over:
        service.db.transact(*api_keys.forget(table, user.id, over))


def _position(key: ApiKey) -> str:
    return f"{key.created_at:012}#{key.id.removeprefix(key.user_id)}"
