"""Sessions in the Sessions table: one item a session, which is also the family of its refresh tokens."""

from dataclasses import asdict, dataclass

from gatepost.storage import keys
from gatepost.storage.shapes import known
from gatepost.storage.writes import Item, Write, check, delete, put, update


@dataclass(frozen=True)
class Rotation:
    """The last rotation of a session's refresh token, at `at_ms` milliseconds since the epoch."""

    at_ms: int
    previous_digest: bytes
    sealed_successor: bytes


@dataclass(frozen=True)
class Session:
    """A session, and the family of its refresh tokens.

    Of a refresh token only digests are kept: of the family secret, which never changes, of the current token's secret,
    and of that of the one before, with which alone the `sealed_successor`, the current secret, can be read. The session
    lives until `expires_at`, which each use moves on, until `absolute_expires_at` at the most, and only while `epoch`
    is its user's. Times are seconds since the epoch, but for `created_at_ms`.
    """

    id: str
    user_id: str
    family_digest: bytes
    current_digest: bytes
    epoch: int
    amr: tuple[str, ...]
    audience: tuple[str, ...]
    auth_time: int
    created_at_ms: int
    last_used_at: int
    expires_at: int
    absolute_expires_at: int
    ip: str
    device_name: str | None = None
    rotation: Rotation | None = None


def from_item(item: Item | None) -> Session | None:
    """Return the session that `item` holds, if there is one."""
    return None if item is None else of(item)


def of(item: Item) -> Session:
    """Return the session that `item` holds."""
    rotation = Rotation(**known(Rotation, item["rotation"])) if "rotation" in item else None
    lists = {name: tuple(item[name]) for name in ("amr", "audience")}
    return Session(**known(Session, item) | lists | {"rotation": rotation})


def create(table: str, session: Session) -> Write:
    """Write a new session."""
    item = {name: value for name, value in asdict(session).items() if value is not None}
    item |= {"amr": list(session.amr), "audience": list(session.audience)}
    return put(table, {**keys.session(session.user_id, session.id), **item}, "attribute_not_exists(pk)")


def rotate(
    table: str,
    user_id: str,
    session_id: str,
    *,
    family_digest: bytes,
    current_digest: bytes,
    next_digest: bytes,
    sealed_successor: bytes,
    now_ms: int,
    expires_at: int,
) -> Write:
    """Replace the current secret by the next, provided that the token presented is of this family, current and not expired."""
    return update(
        table,
        keys.session(user_id, session_id),
        "SET current_digest = :next, rotation = :rotation, last_used_at = :now, expires_at = :expires",
        "family_digest = :family AND current_digest = :current AND expires_at > :now AND absolute_expires_at > :now",
        family=family_digest,
        current=current_digest,
        next=next_digest,
        rotation={"at_ms": now_ms, "previous_digest": current_digest, "sealed_successor": sealed_successor},
        now=now_ms // 1000,
        expires=expires_at,
    )


def end(table: str, user_id: str, session_id: str, family_digest: bytes) -> Write:
    """Delete a session, provided that it's of this family."""
    return delete(table, keys.session(user_id, session_id), "family_digest = :family", family=family_digest)


def end_of_user(table: str, user_id: str, session_id: str) -> Write:
    """Delete a session of a user, provided that there is one."""
    return delete(table, keys.session(user_id, session_id), "attribute_exists(pk)")


def demand_exists(table: str, session: Session) -> Write:
    """Demand that a session was not ended, be it one by one."""
    return check(table, keys.session(session.user_id, session.id), "family_digest = :family", family=session.family_digest)


def keep(table: str, session: Session, *, epoch: int) -> Write:
    """Let a session outlive the end of all others: it takes the user's new epoch."""
    return update(
        table,
        keys.session(session.user_id, session.id),
        "SET epoch = :epoch",
        "family_digest = :family",
        epoch=epoch,
        family=session.family_digest,
    )
