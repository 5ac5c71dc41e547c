"""OAuth clients."""

from typing import Annotated

from fastapi import Depends

from functions.admin.models import ClientPage, ClientView, ClientWithSecret
from gatepost import idempotency
from gatepost.administration import clients
from gatepost.administration.wanted import CreateClient, UpdateClient
from gatepost.authentication import Principal
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import IdempotencyKey, permitted
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/clients", tags=["clients"])

Reader = Annotated[Principal, Depends(permitted("clients:read"))]
Writer = Annotated[Principal, Depends(permitted("clients:write"))]


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def list_clients(me: Reader, call: Call, limit: Limit = 25, cursor: Cursor = None) -> ClientPage:
    """List all clients."""
    after = decode_cursor("clients", me.user, cursor)
    found, last = clients.page(call.service, limit, after)
    return ClientPage(items=[ClientView.of(client) for client in found], next_cursor=encode_cursor("clients", me.user, last))


@router.post("", status_code=201, responses=responses(401, 403, 404, 409))
async def create_client(body: CreateClient, me: Writer, call: Call, idempotency_key: IdempotencyKey = None) -> ClientWithSecret:
    """Register a client. A confidential one gets a secret, which is shown here and never again.

    Sent again within a day with the same `Idempotency-Key` and body, it answers with the client that there is, without
    its secret; with another body it's a conflict.
    """
    attempt = idempotency.attempt("create client", me.user.id, idempotency_key, body.canonical()) if idempotency_key else None
    client, secret = clients.create(call.service, me, body.client(), attempt, call.caller)
    return ClientWithSecret.showing(client, secret)


@router.get("/{client_id}", responses=responses(401, 403, 404, 422, body=False))
async def read_client(client_id: str, me: Reader, call: Call) -> ClientView:
    """Read a client."""
    return ClientView.of(clients.read(call.service, client_id))


@router.patch("/{client_id}", responses=responses(401, 403, 404, 409))
async def update_client(client_id: str, body: UpdateClient, me: Writer, call: Call) -> ClientView:
    """Change a client; members that are not given stay as they are. Its type can't change."""
    return ClientView.of(clients.update(call.service, me, client_id, body.members(), call.caller))


@router.delete("/{client_id}", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def delete_client(client_id: str, me: Writer, call: Call) -> None:
    """Delete a client, which gets no tokens any more."""
    clients.delete(call.service, me, client_id, call.caller)


@router.post("/{client_id}/secret", responses=responses(401, 403, 404, 409, 422, body=False))
async def rotate_client_secret(client_id: str, me: Writer, call: Call) -> ClientWithSecret:
    """Give a confidential client a new secret, shown here and never again. The one before works for 24 hours."""
    client, secret = clients.rotate_secret(call.service, me, client_id, call.caller)
    return ClientWithSecret.showing(client, secret)
