from fastapi import APIRouter, Depends, HTTPException, status

from app import db
from app.models import RolePage, RoleRequest, RoleResponse, RoleUpdate
from app.observability import LoggerRouteHandler, tracer
from app.security import require_admin

router = APIRouter(
    prefix="/v1/admin/roles", tags=["roles"], route_class=LoggerRouteHandler, dependencies=[Depends(require_admin)]
)


@router.get("", response_model=RolePage)
@tracer.capture_method
def list_roles():
    return RolePage(items=db.query("ROLES")["Items"])


@router.post("", response_model=RoleResponse, status_code=status.HTTP_201_CREATED)
@tracer.capture_method
def create_role(body: RoleRequest):
    return db.put("ROLES", body.name, **body.model_dump())


@router.get("/{name}", response_model=RoleResponse)
@tracer.capture_method
def read_role(name: str):
    role = db.get("ROLES", name)
    if role is None:
        raise HTTPException(status_code=404, detail="Role not found")
    return role


@router.put("/{name}", response_model=RoleResponse)
@tracer.capture_method
def update_role(name: str, body: RoleUpdate):
    return db.update("ROLES", name, **body.model_dump())


@router.delete("/{name}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_role(name: str):
    db.delete("ROLES", name)


@router.get("/{name}/permissions", response_model=list[str])
@tracer.capture_method
def read_role_permissions(name: str):
    return read_role(name)["permissions"]
