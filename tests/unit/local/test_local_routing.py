"""Route selection, with the example of API Gateway's documentation."""

import pytest

from local.model import Route
from local.routing import select_route


def _routes(*keys: str) -> list[Route]:
    return [Route(key.rpartition(" ")[0], key.rpartition(" ")[2], "F") for key in keys]


# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
DOCUMENTED = _routes("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


@pytest.mark.parametrize(
    ("request_line", "route", "variables"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1", {}),
        ("GET /pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET /pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST /test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET /", "$default", {}),
        ("GET /pets/dog/", "GET /pets/{proxy+}", {"proxy": "dog/"}),
    ],
)
def test_the_documented_example(request_line: str, route: str, variables: dict[str, str]) -> None:
    method, path = request_line.split(" ")
    selected = select_route(DOCUMENTED, method, path)
    assert selected is not None
    assert (selected[0].key, selected[1]) == (route, variables)


@pytest.mark.parametrize(
    "request_line",
    ["GET /a", "POST /a/b", "GET /a/b/", "GET //a/b", "GET /A/b", "GET /a/b/c", "GET /", "GET ", "GET /x/1/y/", "GET /x//y"],
)
def test_anything_but_an_exact_path_and_method_is_not_found(request_line: str) -> None:
    method, _, path = request_line.partition(" ")
    assert select_route(_routes("GET /a/b", "GET /x/{id}/y", "GET /g/{proxy+}"), method, path) is None


def test_a_greedy_variable_wants_something_to_catch() -> None:
    routes = _routes("GET /g/{proxy+}")
    assert select_route(routes, "GET", "/g") is None
    assert select_route(routes, "GET", "/g/") is None
    assert select_route(routes, "GET", "/g/x") is not None


@pytest.mark.parametrize("keys", [("ANY /a", "GET /a"), ("GET /a", "ANY /a")])
def test_a_named_method_comes_before_any_in_whatever_order(keys: tuple[str, str]) -> None:
    selected = select_route(_routes(*keys), "GET", "/a")
    assert selected is not None
    assert selected[0].key == "GET /a"
    other = select_route(_routes(*keys), "PUT", "/a")
    assert other is not None
    assert other[0].key == "ANY /a"


def test_a_more_specific_path_comes_before_a_named_method() -> None:
    selected = select_route(_routes("GET /{a}/{b}", "ANY /{a}/x", "GET /{proxy+}"), "GET", "/1/x")
    assert selected is not None
    assert (selected[0].key, selected[1]) == ("ANY /{a}/x", {"a": "1"})


def test_the_root_is_a_path_like_others() -> None:
    selected = select_route(_routes("GET /", "GET /{id}"), "GET", "/")
    assert selected is not None
    assert selected[0].key == "GET /"
