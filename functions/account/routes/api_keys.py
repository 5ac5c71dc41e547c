"""The signed-in user's API keys."""

from functions.account.api_keys import ApiKeyPage, ApiKeyView, CreateApiKey, NewApiKey
from gatepost import idempotency
from gatepost.api_keys import own_keys
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import IdempotencyKey, SignedInUser
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/me/api-keys", tags=["the signed-in user"])


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def list_api_keys(me: SignedInUser, call: Call, limit: Limit = 25, cursor: Cursor = None) -> ApiKeyPage:
    """List one's own API keys, newest first; those that have expired are gone."""
    found, last = own_keys.page(call.service, me.user, limit, decode_cursor("api keys", me.user, cursor))
    return ApiKeyPage(items=[ApiKeyView.of(key) for key in found], next_cursor=encode_cursor("api keys", me.user, last))


@router.post("", status_code=201, responses=responses(401, 403, 404, 409))
async def create_api_key(body: CreateApiKey, me: SignedInUser, call: Call, idempotency_key: IdempotencyKey = None) -> NewApiKey:
    """Make an API key, with permissions that you hold yourself. It's shown here and never again, and you get a mail.

    Sent again within a day with the same `Idempotency-Key` and body, it answers with the API key that there is, without
    its text; with another body it's a conflict.
    """
    attempt = idempotency.attempt("create API key", me.user.id, idempotency_key, body.canonical()) if idempotency_key else None
    asked = tuple(dict.fromkeys(body.permissions))
    key, text = own_keys.create(call.service, me, body.name, asked, body.expiry(), attempt, call.caller)
    return NewApiKey.showing(key, text)


@router.delete("/{api_key_id}", status_code=204, responses=responses(401, 403, 404, 422, body=False))
async def delete_api_key(api_key_id: str, me: SignedInUser, call: Call) -> None:
    """Delete one of one's own API keys. It's refused from now on, and its access tokens are on the revocation list."""
    own_keys.delete(call.service, me.id, api_key_id, call.caller, actor_id=me.id)
