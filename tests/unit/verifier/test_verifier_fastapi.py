"""FastAPI's dependency: the token, or 401 or 403 with a challenge; and what the OpenAPI document says of it."""

from functools import partial
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI

from gatepost_verifier import AccessToken
from gatepost_verifier.fastapi import protect
from gatepost_verifier.protection import RequirementError
from tests.unit.verifier import asgi, forge
from tests.unit.verifier.test_verifier_aws_lambda import GOOD, POWERLESS

verifier = forge.verifier()
app = FastAPI()


@app.get("/orders")
def orders(token: Annotated[AccessToken, Depends(protect(verifier, "orders:read & mfa"))]) -> dict[str, str]:
    """A protected route."""
    return {"sub": token.sub}


@app.get("/me", dependencies=[Depends(protect(verifier))])
async def me() -> dict[str, str]:
    """Another, which doesn't look at the token."""
    return {}


@app.get("/status")
async def status() -> dict[str, str]:
    """A public one."""
    return {}


call = partial(asgi.call, app)


def test_a_good_token_is_handed_over() -> None:
    assert call(GOOD) == (200, None, {"sub": "usr_1"})
    assert call(GOOD, path="/me") == (200, None, {})
    assert call(path="/status") == (200, None, {})


@pytest.mark.parametrize(
    ("fields", "challenge"),
    [
        ([], "Bearer"),
        ([""], "Bearer"),
        (["Basic dTpw"], "Bearer"),
        ([f"{GOOD}x"], 'Bearer error="invalid_token", error_description="token_malformed"'),
        ([f"{GOOD}, {GOOD}"], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        ([GOOD, GOOD], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        ([POWERLESS, GOOD], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        (["", GOOD], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/me"])
def test_a06_without_one_good_token_it_is_401(fields: list[str], challenge: str, path: str) -> None:
    """A-06: also for several Authorization fields, one by one or joined by a comma."""
    assert call(*fields, path=path) == (401, challenge, {"detail": "Unauthorized"})


def test_without_the_permission_it_is_403() -> None:
    refused = (403, 'Bearer error="insufficient_scope"', {"detail": "Forbidden"})
    assert call(POWERLESS) == refused
    assert call(f"Bearer {forge.token(forge.claims(amr=['pwd']))}") == refused
    assert call(POWERLESS, path="/me")[0] == 200


def test_the_openapi_document_tells_which_routes_need_a_token() -> None:
    document = app.openapi()
    assert document["components"]["securitySchemes"] == {
        "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    paths = {path: operations["get"].get("security") for path, operations in document["paths"].items()}
    assert paths == {"/orders": [{"access_token": []}], "/me": [{"access_token": []}], "/status": None}


def test_a_requirement_that_can_not_be_read_fails_where_it_stands() -> None:
    with pytest.raises(RequirementError, match="found orders"):
        protect(verifier, "orders")
