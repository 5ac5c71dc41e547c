"""The Keys table: the whole ring of signing keys is one item, so that one condition on its version makes a change
single-flight.
"""

from dataclasses import asdict

from gatepost.signing.ring import KeyRing, RemovedKey, SigningKey
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Write, put


def read(db: Database, table: str) -> KeyRing:
    """Return the ring; an empty one of version 0 before the deployment has made the first keys."""
    item = db.get(table, keys.signing_key_ring())
    if item is None:
        return KeyRing(version=0, keys=())
    return KeyRing(
        version=item["version"],
        keys=tuple(SigningKey(**key) for key in item["keys"]),
        rotation_due=item.get("rotation_due", False),
        last_request=item.get("last_request", ""),
        removed=tuple(RemovedKey(**key) for key in item.get("removed", ())),
    )


def write(table: str, ring: KeyRing) -> Write:
    """Write `ring`, provided that what stands there is the version before."""
    item = {**keys.signing_key_ring(), **asdict(ring)}
    if ring.version == 1:
        return put(table, item, "attribute_not_exists(pk)")
    return put(table, item, "version = :previous", previous=ring.version - 1)
