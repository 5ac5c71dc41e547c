"""The Keys table: the whole ring of signing keys is one item, so that one condition on its version makes a change
single-flight.
"""

from dataclasses import asdict

from gatepost.signing.ring import KeyRing, SigningKey
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import put


def read(db: Database, table: str) -> KeyRing:
    """Return the ring; an empty one of version 0 before the deployment has made the first keys."""
    item = db.get(table, keys.signing_key_ring())
    if item is None:
        return KeyRing(version=0, keys=())
    return KeyRing(version=item["version"], keys=tuple(SigningKey(**key) for key in item["keys"]))


def write(db: Database, table: str, ring: KeyRing) -> None:
    """Write `ring`, the successor of the version before.

    Raises:
        ConditionFailed: if another has written meanwhile.
    """
    item = {**keys.signing_key_ring(), "version": ring.version, "keys": [asdict(key) for key in ring.keys]}
    if ring.version == 1:
        db.write(put(table, item, "attribute_not_exists(pk)"))
    else:
        db.write(put(table, item, "version = :previous", previous=ring.version - 1))
