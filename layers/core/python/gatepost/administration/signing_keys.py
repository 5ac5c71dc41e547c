"""Asking for a rotation of the signing keys."""

from dataclasses import asdict

from gatepost.authentication import Principal
from gatepost.aws.functions import RemoteFunction
from gatepost.caller import Caller
from gatepost.conflicts import RotationPending
from gatepost.errors import Conflict


def rotate(keys_function: RemoteFunction, me: Principal, caller: Caller) -> None:
    """Have the keys function, which alone may make keys, publish a new one and rotate as soon as one may sign.

    It writes the event in the transaction of the change.

    Raises:
        RotationPending: a rotation waits already.
        Conflict: the keys were changed meanwhile.
        Unavailable: the keys function fails, or what it needs does.
    """
    refused = keys_function.invoke({"asked_by": {"user_id": me.user.id, **asdict(caller)}})["refused"]
    if refused == RotationPending.code:
        raise RotationPending
    if refused is not None:
        raise Conflict
