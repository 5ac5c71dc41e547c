"""Changing the ring of signing keys, in the one function that may."""

from dataclasses import dataclass

from gatepost import clock
from gatepost.aws.clients import client
from gatepost.aws.kms import KeyWrapper
from gatepost.config import KeysSettings
from gatepost.signing import private_keys
from gatepost.signing.ring import SigningKey, first_ring, rotated
from gatepost.storage import signing_keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database


@dataclass(frozen=True)
class KeyMaker:
    """What making keys takes."""

    settings: KeysSettings
    db: Database
    wrapper: KeyWrapper

    def make_key(self) -> SigningKey:
        """Return a new standby key. Raises `Unavailable` if KMS fails."""
        return private_keys.make(self.settings.signing_key_spec, self.wrapper.wrap, clock.now())


def connect(settings: KeysSettings) -> KeyMaker:
    """Return the key maker for `settings`. Makes clients, but calls nothing."""
    return KeyMaker(settings, Database(client("dynamodb")), KeyWrapper(client("kms"), settings.kms_key_id))


def ensure_first_keys(maker: KeyMaker) -> None:
    """Make the first two keys, unless there are some. Any number of calls, also at once, make them once. Raises
    `Unavailable`.
    """
    table = maker.settings.keys_table
    if signing_keys.read(maker.db, table).version == 0:
        try:
            signing_keys.write(maker.db, table, first_ring(clock.now(), maker.make_key))
        except ConditionFailed:
            return  # another call made them meanwhile


def rotate(maker: KeyMaker, *, early: bool = False) -> int:
    """Do what is due, or `early` what will be, and return the ring's version. Of several calls at once, one changes the
    ring. Raises `Unavailable`.
    """
    table = maker.settings.keys_table
    ring = signing_keys.read(maker.db, table)
    if ring.version == 0:
        ensure_first_keys(maker)
        return 1
    successor = rotated(ring, clock.now(), maker.make_key, early=early)
    if successor is not ring:
        try:
            signing_keys.write(maker.db, table, successor)
        except ConditionFailed:
            return ring.version + 1  # another call did it meanwhile
    return successor.version
