"""Seeing the signing keys, and asking for their rotation, or for the removal of one."""

from typing import Any

from gatepost import clock
from gatepost.administration import actors
from gatepost.administration.actors import Actor, Operator
from gatepost.aws.functions import RemoteFunction
from gatepost.caller import Caller
from gatepost.conflicts import RotationPending
from gatepost.errors import Conflict, NotFound
from gatepost.signing.ring import SigningKey


def described(key: SigningKey) -> dict[str, Any]:
    """Return what is seen of a key."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state,
        "since": clock.rfc3339(key.state_since),
        "created_at": clock.rfc3339(key.created_at),
    }


def rotate(keys_function: RemoteFunction, me: Actor, caller: Caller) -> None:
    """Have the keys function, which alone may make keys, publish a new one and rotate as soon as one may sign.

    It writes the event in the transaction of the change.

    Raises:
        RotationPending: a rotation waits already.
        Conflict: the keys were changed meanwhile.
        Unavailable: the keys function fails, or what it needs does.
    """
    refused = keys_function.invoke({"asked_by": actors.asking(me, caller)})["refused"]
    if refused == RotationPending.code:
        raise RotationPending
    if refused is not None:
        raise Conflict


def remove(keys_function: RemoteFunction, me: Operator, kid: str, caller: Caller) -> None:
    """Have the keys function remove a key that mustn't be trusted any more, at once. No administrator can: who takes over one
    mustn't be able to take keys away (docs/decisions/0027-removed-keys-and-snapshots.md).

    It writes the event in the transaction of the change.

    Raises:
        NotFound: there is no such key (any more).
        Conflict: the keys were changed meanwhile, again and again.
        Unavailable: the keys function fails, or what it needs does.
    """
    refused = keys_function.invoke({"remove": kid, "asked_by": actors.asking(me, caller)})["refused"]
    if refused == NotFound.code:
        raise NotFound
    if refused is not None:
        raise Conflict
