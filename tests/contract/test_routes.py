"""Template, code and OpenAPI document name the same routes, and the document says how each may refuse."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from local import openapi
from local.model import Function
from local.template import read_template
from tests.support import PARAMETERS, ROOT

TEMPLATE = read_template(ROOT / "template.yaml", "test", PARAMETERS)
# Browsers ask before they call; the framework answers that, no route does.
PREFLIGHT = ("OPTIONS", "/{proxy+}")
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
OPERATIONS = [
    pytest.param(method.upper(), path, operation, id=f"{method.upper()} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]

OF_A_BODY = {"400", "413", "415", "422"}
# What else the contract promises.
REFUSALS = {
    ("POST", "/v1/auth/register"): {"429"},
    ("POST", "/v1/auth/verify-email"): {"401", "429"},
    ("POST", "/v1/auth/accept-invitation"): {"409"},
    ("POST", "/v1/auth/login"): {"401", "429"},
    ("POST", "/v1/auth/refresh"): {"401"},
    ("POST", "/v1/auth/api-key"): {"401", "429"},
    ("DELETE", "/v1/me"): {"409", "429"},
    ("POST", "/v1/me/password"): {"429"},
    ("POST", "/v1/me/email"): {"429"},
    ("GET", "/v1/me/sessions"): {"400", "422"},
    ("GET", "/v1/me/audit"): {"400", "422"},
    ("GET", "/v1/me/api-keys"): {"400", "422"},
    ("POST", "/v1/me/api-keys"): {"404", "409"},
    ("DELETE", "/v1/me/api-keys/{api_key_id}"): {"404"},
    ("DELETE", "/v1/me/sessions/{session_id}"): {"404"},
    ("GET", "/v1/admin/users"): {"400", "422"},
    ("POST", "/v1/admin/users"): {"409", "429"},
    ("GET", "/v1/admin/users/{user_id}"): {"404"},
    ("PATCH", "/v1/admin/users/{user_id}"): {"404", "409"},
    ("DELETE", "/v1/admin/users/{user_id}"): {"404", "409"},
    ("POST", "/v1/admin/users/{user_id}/password-reset"): {"404", "409"},
    ("GET", "/v1/admin/users/{user_id}/sessions"): {"400", "404", "422"},
    ("DELETE", "/v1/admin/users/{user_id}/sessions"): {"404", "409"},
    ("PUT", "/v1/admin/users/{user_id}/roles/{role}"): {"404", "409"},
    ("DELETE", "/v1/admin/users/{user_id}/roles/{role}"): {"404", "409"},
    ("GET", "/v1/admin/roles"): {"400", "422"},
    ("GET", "/v1/admin/roles/{name}"): {"404"},
    ("PUT", "/v1/admin/roles/{name}"): {"409"},
    ("DELETE", "/v1/admin/roles/{name}"): {"404", "409"},
    ("GET", "/v1/admin/clients"): {"400", "422"},
    ("POST", "/v1/admin/clients"): {"409"},
    ("GET", "/v1/admin/clients/{client_id}"): {"404"},
    ("PATCH", "/v1/admin/clients/{client_id}"): {"404", "409"},
    ("DELETE", "/v1/admin/clients/{client_id}"): {"404", "409"},
    ("POST", "/v1/admin/clients/{client_id}/secret"): {"404", "409"},
    ("POST", "/v1/admin/keys/rotate"): {"409"},
    ("GET", "/v1/admin/audit"): {"400", "422"},
    ("GET", "/v1/admin/audit/export"): {"400", "422"},
}


def routed_functions() -> list[Function]:
    """The functions that the HTTP API calls."""
    return [TEMPLATE.functions[name] for name in sorted({route.function for route in TEMPLATE.routes})]


def routes_in_code(function: Function) -> Iterator[tuple[str, str]]:
    """Method and path of each route of a function. Its routes alone are imported, since a whole function wants its settings."""
    package = function.handler.rsplit(".", 2)[0]
    for router in importlib.import_module(f"{package}.routes").ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route.path) for method in route.methods or ())


def test_every_route_of_the_code_is_in_the_template_and_the_other_way_round() -> None:
    assert routed_functions()
    for function in routed_functions():
        in_template = [(route.method, route.path) for route in TEMPLATE.routes if route.function == function.logical_id]
        in_code = list(routes_in_code(function))
        assert len(in_code) == len(set(in_code))
        assert len(in_template) == len(set(in_template))
        assert set(in_template) - {PREFLIGHT} == set(in_code)


def test_browsers_may_ask_before_every_call() -> None:
    assert PREFLIGHT in {(route.method, route.path) for route in TEMPLATE.routes}


def test_no_route_of_the_template_takes_more_than_it_names() -> None:
    """A catch-all would hand every path to a function, its 404 included."""
    for route in TEMPLATE.routes:
        assert route.method not in ("ANY", "")
        assert (route.method, route.path) == PREFLIGHT or "+}" not in route.path


def test_the_openapi_document_is_current() -> None:
    assert (ROOT / "openapi.json").read_text("utf-8") == openapi.current(), "run `make openapi`"


def test_the_openapi_document_hides_no_route() -> None:
    in_code = {route for function in routed_functions() for route in routes_in_code(function)}
    assert {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations} == in_code


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_documents_how_it_may_refuse(method: str, path: str, operation: dict[str, Any]) -> None:
    documented = operation["responses"]
    expected = set(REFUSALS.get((method, path), set()))
    expected |= OF_A_BODY if "requestBody" in operation else set()
    expected |= {"401"} if "security" in operation else set()
    # Who lacks the permission; and an API key, which may read the profile of the signed-in user alone.
    expected |= {"403"} if "security" in operation and (method, path) != ("GET", "/v1/me") else set()
    expected |= set() if path == "/health" else {"503"}
    assert expected <= documented.keys()
    for status, answer in documented.items():
        if status >= "400":
            schemas = {media_type: content["schema"] for media_type, content in answer["content"].items()}
            assert schemas == {"application/problem+json": {"$ref": "#/components/schemas/Problem"}}, status


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_documents_one_success_and_what_it_does(method: str, path: str, operation: dict[str, Any]) -> None:
    successes = {status for status in operation["responses"] if status < "300"}
    # What is written as a whole may be new.
    assert len(successes - {"204"}) <= 1 or (method, successes) == ("PUT", {"200", "201"})
    assert successes
    assert operation["summary"]
    assert operation["description"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_whatever_is_under_v1_me_wants_an_access_token_and_nothing_else_does(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert ("security" in operation) == (path == "/v1/me" or path.startswith(("/v1/me/", "/v1/admin/")))
    if "security" in operation:
        (scheme,) = (name for requirement in operation["security"] for name in requirement)
        assert DOCUMENT["components"]["securitySchemes"][scheme]["scheme"] == "bearer"


def test_the_documentation_is_no_route() -> None:
    """CASES A-16: the local stack alone serves it."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert path not in DOCUMENT["paths"]
        assert path not in {route.path for route in TEMPLATE.routes}
