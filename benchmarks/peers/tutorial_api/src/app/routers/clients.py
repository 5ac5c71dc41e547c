import uuid

from fastapi import APIRouter, Depends, HTTPException, status

from app import db, security
from app.models import ClientCreated, ClientPage, ClientRequest, ClientResponse
from app.observability import LoggerRouteHandler, tracer
from app.security import require_admin

router = APIRouter(
    prefix="/v1/admin/clients", tags=["clients"], route_class=LoggerRouteHandler, dependencies=[Depends(require_admin)]
)


@router.get("", response_model=ClientPage)
@tracer.capture_method
def list_clients():
    return ClientPage(items=db.query("CLIENTS")["Items"])


@router.post("", response_model=ClientCreated, status_code=status.HTTP_201_CREATED)
@tracer.capture_method
def create_client(body: ClientRequest):
    client_id, secret = str(uuid.uuid4()), security.new_token()
    item = db.put("CLIENTS", client_id, id=client_id, secret_hash=security.hash_token(secret), **body.model_dump())
    return {**item, "client_secret": secret}


@router.get("/{client_id}", response_model=ClientResponse)
@tracer.capture_method
def read_client(client_id: str):
    client = db.get("CLIENTS", client_id)
    if client is None:
        raise HTTPException(status_code=404, detail="Client not found")
    return client


@router.put("/{client_id}", response_model=ClientResponse)
@tracer.capture_method
def update_client(client_id: str, body: ClientRequest):
    return db.update("CLIENTS", client_id, **body.model_dump())


@router.delete("/{client_id}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_client(client_id: str):
    db.delete("CLIENTS", client_id)


@router.post("/{client_id}/secret", response_model=ClientCreated)
@tracer.capture_method
def rotate_secret(client_id: str):
    secret = security.new_token()
    item = db.update("CLIENTS", client_id, secret_hash=security.hash_token(secret))
    return {**item, "client_secret": secret}
