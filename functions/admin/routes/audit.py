"""The security events of everybody."""

import json
from dataclasses import astuple
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import PlainValidator, WithJsonSchema

from functions.admin.models import AuditedEvent, AuditedEventPage
from gatepost import clock
from gatepost.administration import audit_search
from gatepost.administration.audit_search import Search
from gatepost.audit import ACTOR_PATTERN, Event
from gatepost.authentication import Principal
from gatepost.identifiers import ID_PATTERN
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/audit", tags=["security events"])

# At 3 KB an event, were every character of its user agent escaped twice, far below the 6 MB that Lambda answers at the most.
_EXPORTED = 1000
_MEDIA_TYPE = "application/x-ndjson"
_NEXT = {"x-next-cursor": {"description": "`cursor` of the next answer; none at the end.", "schema": {"type": "string"}}}
_LINES = {
    "description": "One event a line, newest first, as the list has them. There are more if `x-next-cursor` is set.",
    "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/AuditedEvent"}}},
    "headers": _NEXT,
}

Reader = Annotated[Principal, Depends(permitted("audit:read"))]
Id = Annotated[str | None, Query(pattern=ID_PATTERN)]
ActorId = Annotated[str | None, Query(pattern=ACTOR_PATTERN, max_length=2048, description="the id of a user, or an ARN")]
Time = Annotated[int | None, PlainValidator(clock.from_rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})]


async def _search(
    user_id: Id = None,
    actor_id: ActorId = None,
    event: Annotated[Event | None, Query(description="the name of an event")] = None,
    from_: Annotated[Time, Query(alias="from", description="RFC 3339; events of then and later")] = None,
    to: Annotated[Time, Query(description="RFC 3339; events of before then")] = None,
) -> Search:
    return Search(user_id, actor_id, event, from_, to)


TheSearch = Annotated[Search, Depends(_search)]


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def search_events(
    me: Reader, call: Call, search: TheSearch, limit: Limit = 25, cursor: Cursor = None
) -> AuditedEventPage:
    """Search the security events, newest first, by whose they are, who did it, name and time, in any combination.

    An event is here a moment after it happened, with `user_id` at once.
    """
    after = decode_cursor(_list(search), me.user, cursor)
    items, last = audit_search.page(call.service.db, call.service.settings.audit_table, search, limit, after)
    events = [AuditedEvent(**audit_search.described(item)) for item in items]
    return AuditedEventPage(items=events, next_cursor=encode_cursor(_list(search), me.user, last))


@router.get("/export", response_class=Response, responses=responses(400, 401, 403, 422, body=False) | {200: _LINES})
async def export_events(me: Reader, call: Call, search: TheSearch, cursor: Cursor = None) -> Response:
    """Export the security events that a search finds, as JSON Lines, at most 1,000 an answer.

    Go on with the value of the header `x-next-cursor` as `cursor` until an answer has none.
    """
    after = decode_cursor(_list(search), me.user, cursor)
    items, last = audit_search.page(call.service.db, call.service.settings.audit_table, search, _EXPORTED, after)
    # In ASCII: nothing that an event holds does anything to a terminal, or to who reads it line by line.
    lines = "".join(f"{json.dumps(audit_search.described(item))}\n" for item in items)
    position = encode_cursor(_list(search), me.user, last)
    return Response(lines, media_type=_MEDIA_TYPE, headers={"x-next-cursor": position} if position else None)


def _list(search: Search) -> str:
    """Name the list that a search gives, for its cursors."""
    return f"audit {' '.join(map(str, astuple(search)))}"
