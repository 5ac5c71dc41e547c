"""The Keys table: the whole ring of signing keys is one item, so that one condition on its version makes a change
single-flight.
"""

from gatepost.signing.ring import KeyRing, RemovedKey, SigningKey
from gatepost.storage import keys
from gatepost.storage.shapes import known, whole
from gatepost.storage.table import Database
from gatepost.storage.writes import Write, put


def read(db: Database, table: str) -> KeyRing:
    """Return the ring; an empty one of version 0 before the deployment has made the first keys."""
    item = db.get(table, keys.signing_key_ring())
    if item is None:
        return KeyRing(version=0, keys=())
    signing = tuple(SigningKey(**known(SigningKey, key)) for key in item["keys"])
    removed = tuple(RemovedKey(**known(RemovedKey, key)) for key in item.get("removed", ()))
    return KeyRing(**known(KeyRing, item) | {"keys": signing, "removed": removed})


def write(table: str, ring: KeyRing) -> Write:
    """Write `ring`, provided that what stands there is the version before."""
    item = {**whole(ring), **keys.signing_key_ring()}
    if ring.version == 1:
        return put(table, item, "attribute_not_exists(pk)")
    return put(table, item, "version = :previous", previous=ring.version - 1)
