"""Changing the ring of signing keys, in the one function that may."""

from dataclasses import dataclass, replace
from typing import Unpack

from gatepost import clock, telemetry
from gatepost.audit import By, Event, Trail
from gatepost.aws.clients import client
from gatepost.aws.kms import KeyWrapper
from gatepost.caller import Caller
from gatepost.config import KeysSettings
from gatepost.errors import Conflict, NotFound
from gatepost.signing import private_keys
from gatepost.signing.ring import SigningKey, first_ring, removed, rotated, rotated_early
from gatepost.storage import signing_keys
from gatepost.storage.failures import CONFLICT_TRIES, ConditionFailed
from gatepost.storage.table import Database
from gatepost.telemetry import Metric


@dataclass(frozen=True)
class KeyMaker:
    """What making keys takes."""

    settings: KeysSettings
    db: Database
    wrapper: KeyWrapper
    audit: Trail

    def make_key(self) -> SigningKey:
        """Return a new standby key. Raises `Unavailable` if KMS fails."""
        return private_keys.make(self.settings.signing_key_spec, self.wrapper.wrap, clock.now())


def connect(settings: KeysSettings) -> KeyMaker:
    """Return the key maker for `settings`. Makes clients, but calls nothing."""
    return KeyMaker(
        settings,
        Database(client("dynamodb")),
        KeyWrapper(client("kms"), settings.kms_key_id),
        Trail(settings.audit_table, settings.audit_retention_days),
    )


def ensure_first_keys(maker: KeyMaker) -> None:
    """Make the first two keys, unless there are some. Any number of calls, also at once, make them once. Raises
    `Unavailable`.
    """
    table = maker.settings.keys_table
    if signing_keys.read(maker.db, table).version == 0:
        try:
            maker.db.write(signing_keys.write(table, first_ring(clock.now(), maker.make_key)))
        except ConditionFailed:
            return  # another call made them meanwhile


def rotate(maker: KeyMaker) -> int:
    """Do what is due, and return the ring's version. Of several calls at once, one changes the ring. Raises `Unavailable`."""
    table = maker.settings.keys_table
    ring = signing_keys.read(maker.db, table)
    if ring.version == 0:
        ensure_first_keys(maker)
        return 1
    if signing := ring.signing():
        # Before anything that may fail: a rotation that fails is what the age is there to tell of.
        telemetry.count(Metric.SIGNING_KEY_AGE, clock.now() - signing.state_since)
    successor = rotated(ring, clock.now(), maker.make_key)
    if successor is not ring:
        try:
            maker.db.write(signing_keys.write(table, successor))
        except ConditionFailed:
            return ring.version + 1  # another call did it meanwhile
    return successor.version


def rotate_early(maker: KeyMaker, caller: Caller, **by: Unpack[By]) -> None:
    """Rotate because an administrator or an operator asks for it, or make the first keys where there are none. The same request
    any number of times does it once.

    Raises:
        RotationPending: a rotation was asked for before, which waits until its key may sign.
        Conflict: another call changed the ring meanwhile.
        Unavailable: DynamoDB or KMS fails.
    """
    table = maker.settings.keys_table
    ring = signing_keys.read(maker.db, table)
    if ring.version == 0:
        # The table was emptied, or lost: whoever asks wants keys.
        successor = replace(first_ring(clock.now(), maker.make_key), last_request=caller.request_id)
    else:
        successor = rotated_early(ring, clock.now(), maker.make_key, caller.request_id)
    if successor is ring:
        return
    event = maker.audit.event(Event.KEY_ROTATION_REQUESTED, caller, user_id=by.get("actor_id"), **by)
    try:
        maker.db.transact(signing_keys.write(table, successor), event)
    except ConditionFailed as exc:
        raise Conflict from exc


def remove(maker: KeyMaker, kid: str, operator: str, caller: Caller) -> None:
    """Take the key `kid` out of the ring at once, since `operator` says that it mustn't be trusted any more. The same request
    any number of times does it once.

    It needs KMS only where no other key is left to sign; so the ring may lack a standby key afterwards, which `rotate` makes.

    Raises:
        NotFound: the ring has no such key (any more).
        Conflict: others changed the ring meanwhile, again and again.
        Unavailable: DynamoDB or KMS fails.
    """
    table = maker.settings.keys_table
    event = maker.audit.event(Event.KEY_REMOVED, caller, operator=operator, kid=kid)
    for _ in range(CONFLICT_TRIES):
        ring = signing_keys.read(maker.db, table)
        if ring.last_request == caller.request_id and any(key.kid == kid for key in ring.removed):
            return  # this request has, and its answer was lost
        successor = removed(ring, clock.now(), maker.make_key, kid, caller.request_id)
        if successor is ring:
            raise NotFound
        try:
            maker.db.transact(signing_keys.write(table, successor), event)
        except ConditionFailed:
            continue  # a rotation came between: the key is to go from what it has left
        return
    raise Conflict
