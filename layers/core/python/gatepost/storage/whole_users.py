"""Users with all that stands in their partition of the Users table, as they leave a deployment and come into another.

What is kept elsewhere stays: sessions, one-time tokens and security events are the deployment's. So is a mark that mail to
the address has stopped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gatepost.storage import keys, users
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item, Write, put

PROFILE = keys.user("")["sk"]
# What the index of users by address is made of.
INDEXED = frozenset(keys.user_by_address("a"))
# Of the profile: made from the address and the id, or the deployment's own.
_LEFT_OUT = INDEXED | {"pk", "sk", "email_digest", "mail_stopped"}


@dataclass(frozen=True)
class WholeUser:
    """A user: the attributes of their profile, and all other items of their partition, with their sort keys (`sk`)."""

    profile: Item
    attached: tuple[Item, ...]


def read(db: Database, table: str, *, segment: int, segments: int) -> Iterator[WholeUser]:
    """Yield the users in one of `segments` parts of the table, as each is when it's read. Raises `Unavailable`."""
    items = db.scan(table, keys.users(), segment=segment, segments=segments)
    for _, partition in groupby(items, key=lambda item: item["pk"]):
        profile, attached = None, list[Item]()
        for item in partition:
            if item["sk"] == PROFILE:
                profile = {name: value for name, value in item.items() if name not in _LEFT_OUT}
            else:
                attached.append({name: value for name, value in item.items() if name != "pk"})
        # Without a profile it's what is left of a user who is being erased.
        if profile is not None:
            yield WholeUser(profile, tuple(attached))


def write(table: str, user: User, further: Mapping[str, Any], attached: Sequence[Mapping[str, Any]]) -> list[Write]:
    """Return the writes of a user whose address and id must be free, the claim of the address first: with `further` attributes
    of the profile, and the items `attached` to it, which must be free as well.
    """
    return [*users.create(table, user, further), *_put_all(table, user.id, attached)]


def _put_all(table: str, user_id: str, attached: Iterable[Mapping[str, Any]]) -> Iterator[Write]:
    for item in attached:
        yield put(table, {**item, **keys.of_user(user_id, item["sk"])}, "attribute_not_exists(pk)")
