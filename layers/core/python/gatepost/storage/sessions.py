"""Sessions in the Sessions table: one item a session, which is also the family of its refresh tokens."""

from dataclasses import asdict, dataclass

from gatepost.storage import keys
from gatepost.storage.writes import Item, Write, put


@dataclass(frozen=True)
class Session:
    """A session.

    Of its refresh token only digests are kept: of the family secret, which never changes, and of the current secret. It lives until
    `idle_expires_at` (moved on by each refresh), `absolute_expires_at` at the most, and only while `epoch` is its user's. Times are
    seconds since the epoch.
    """

    id: str
    user_id: str
    family_digest: bytes
    current_digest: bytes
    epoch: int
    amr: tuple[str, ...]
    audience: tuple[str, ...]
    auth_time: int
    created_at: int
    last_used_at: int
    idle_expires_at: int
    absolute_expires_at: int
    ip: str
    device_name: str | None = None

    @property
    def expires_at(self) -> int:
        """When the session ends if it's not used again, and when DynamoDB may delete it."""
        return min(self.idle_expires_at, self.absolute_expires_at)


def from_item(item: Item | None) -> Session | None:
    """Return the session that `item` holds."""
    if item is None:
        return None
    return Session(
        id=item["id"],
        user_id=item["user_id"],
        family_digest=item["family_digest"],
        current_digest=item["current_digest"],
        epoch=item["epoch"],
        amr=tuple(item["amr"]),
        audience=tuple(item["audience"]),
        auth_time=item["auth_time"],
        created_at=item["created_at"],
        last_used_at=item["last_used_at"],
        idle_expires_at=item["idle_expires_at"],
        absolute_expires_at=item["absolute_expires_at"],
        ip=item["ip"],
        device_name=item.get("device_name"),
    )


def create(table: str, session: Session) -> Write:
    """Write a new session."""
    item = {name: value for name, value in asdict(session).items() if value is not None}
    item |= {"amr": list(session.amr), "audience": list(session.audience), "expires_at": session.expires_at}
    return put(table, {**keys.session(session.user_id, session.id), **item}, "attribute_not_exists(pk)")
