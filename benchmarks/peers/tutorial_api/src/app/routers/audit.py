from fastapi import APIRouter, Depends, HTTPException

from app import db
from app.models import AuditEvent, AuditPage
from app.observability import LoggerRouteHandler, tracer
from app.security import require_admin

router = APIRouter(prefix="/v1/admin", tags=["audit"], route_class=LoggerRouteHandler, dependencies=[Depends(require_admin)])


@router.get("/audit", response_model=AuditPage)
@tracer.capture_method
def search(limit: int = 50, cursor: str | None = None):
    page = db.query("AUDIT", limit=limit, cursor=cursor, forward=False)
    return AuditPage(items=page["Items"], next_cursor=page.get("LastEvaluatedKey", {}).get("sk"))


@router.get("/audit/{event_id}", response_model=AuditEvent)
@tracer.capture_method
def read_event(event_id: str):
    for item in db.query("AUDIT", forward=False)["Items"]:
        if item["id"] == event_id:
            return item
    raise HTTPException(status_code=404, detail="Event not found")


@router.get("/statistics", response_model=dict[str, int])
@tracer.capture_method
def statistics():
    events: dict[str, int] = {}
    for item in db.query("AUDIT", forward=False)["Items"]:
        events[item["event"]] = events.get(item["event"], 0) + 1
    return events


@router.get("/keys", response_model=list[str])
@tracer.capture_method
def list_keys():
    return ["auth"]
