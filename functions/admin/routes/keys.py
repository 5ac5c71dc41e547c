"""The keys that sign access tokens."""

from typing import Annotated

from fastapi import Depends, Request

from functions.admin.models import RotationAccepted, SigningKeyList, SigningKeyView
from gatepost.administration import signing_keys
from gatepost.authentication import Principal
from gatepost.aws.functions import RemoteFunction
from gatepost.storage import signing_keys as ring_item
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/keys", tags=["keys"])

Reader = Annotated[Principal, Depends(permitted("keys:read"))]
Writer = Annotated[Principal, Depends(permitted("keys:write"))]


async def _keys_function(request: Request) -> RemoteFunction:
    function: RemoteFunction = request.app.state.keys_function
    return function


TheKeysFunction = Annotated[RemoteFunction, Depends(_keys_function)]


@router.get("", responses=responses(401, 403, body=False))
async def list_keys(me: Reader, call: Call) -> SigningKeyList:
    """List the keys that may verify an access token, and whether a rotation that was asked for still waits."""
    ring = ring_item.read(call.service.db, call.service.settings.keys_table)
    views = [SigningKeyView(**signing_keys.described(key)) for key in ring.keys]
    return SigningKeyList(items=views, rotation_pending=ring.rotation_due)


@router.post("/rotate", status_code=202, responses=responses(401, 403, 409, body=False))
async def rotate_keys(me: Writer, keys_function: TheKeysFunction, call: Call) -> RotationAccepted:
    """Rotate the signing keys. The public key set shows a new key at once.

    A key signs only once it was published for so long that all who keep the key set know it. If the next one was, it signs
    from now on; else `rotation_pending` says that it will, and until then another rotation is a conflict.
    """
    signing_keys.rotate(keys_function, me, call.caller)
    return RotationAccepted()
