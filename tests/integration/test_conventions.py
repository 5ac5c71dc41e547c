"""What holds for every answer, whatever was asked: headers, problem documents, media types, methods."""

from collections.abc import Callable
from typing import Any

import pytest

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import REQUEST_ID, event, invoke
from tests.integration.aws_faults import always, broken, error, faults
from tests.integration.browsers import COOKIE
from tests.integration.logs import captured_logs
from tests.support import ALLOWED_ORIGIN, PASSWORD, Api, new_email, problem

REQUESTS: dict[int, list[dict[str, Any]]] = {
    200: [
        event(path=path) for path in ("/health", "/health/ready", "/.well-known/jwks.json", "/.well-known/gatepost/revocations")
    ],
    202: [event("POST", "/v1/auth/resend-verification", {"email": new_email()})],
    204: [event("POST", "/v1/auth/logout", {"refresh_token": "unknown"})],
    400: [
        event("POST", "/v1/auth/login", "{"),
        event("POST", "/v1/auth/verify-email", {"token": "unknown", "password": PASSWORD}),
        {**event(path="/health"), "version": "1.0"},
        event("OPTIONS", headers={"origin": ALLOWED_ORIGIN, "access-control-request-method": "TRACE"}),
    ],
    401: [
        event(),
        event(token="unknown"),
        event("POST", "/v1/auth/login", {"email": new_email(), "password": PASSWORD}),
        event("POST", "/v1/auth/refresh", {"refresh_token": "unknown"}),
    ],
    403: [{**event("POST", f"/v1/auth/{path}"), "cookies": [f"{COOKIE}=unknown"]} for path in ("refresh", "logout")],
    404: [event(path="/"), event(path="/v1"), event(path="/v1/me/"), event(path="/v1/auth/unknown"), event(path="//health")],
    405: [event("PUT"), event(path="/v1/auth/login"), event("POST", "/health", {})],
    413: [event("POST", "/v1/auth/login", " " * 65_537)],
    415: [event("POST", "/v1/auth/login", {}, headers={"content-type": "text/plain"})],
    422: [event("POST", "/v1/auth/login", {}), event("POST", "/v1/auth/login"), event("POST", "/v1/auth/logout", {"x": 1})],
}
OTHER_TYPES = [
    None,
    "",
    "text/plain",
    "text/plain; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/json, text/plain",
    "text/plain; application/json",
    "application/jsonp",
    "application/problem+json",
    "application/json/x",
    "json",
    "*/*",
    "application/*",
]
ANSWERED = [(status, request) for status, requests in REQUESTS.items() for request in requests]


def _id(value: object) -> str:
    return value["routeKey"] if isinstance(value, dict) else str(value)


def _refused_by_storage(stack: Stack) -> Response:
    with faults(always("BatchGetItem", broken)):
        return invoke(stack, event("POST", "/v1/auth/resend-verification", {"email": new_email()}))


def _failing_unforeseen(stack: Stack) -> Response:
    # A call that was wrong is a bug of ours, and the only kind of refusal by DynamoDB that no rule expects.
    with faults(always("BatchGetItem", error("ValidationException"))):
        return invoke(stack, event("POST", "/v1/auth/resend-verification", {"email": new_email()}))


def _limited(stack: Stack) -> Response:
    api, email = Api(stack), new_email()
    answers = [api.login(email, "not this one") for _ in range(11)]
    return answers[-1]


FAILING: list[tuple[int, Callable[[Stack], Response]]] = [
    (429, _limited),
    (500, _failing_unforeseen),
    (503, _refused_by_storage),
]


def _check_headers(answer: Response) -> None:
    assert answer.header("x-content-type-options") == "nosniff"
    seconds, _, scope = (answer.header("strict-transport-security") or "").partition("; ")
    assert int(seconds.removeprefix("max-age=")) >= 31_536_000  # ASVS 3.4.1
    assert scope == "includeSubDomains"
    if answer.body:
        assert "charset=utf-8" in (answer.header("content-type") or "")
    for name in ("server", "x-powered-by", "via", "x-runtime", "x-aspnet-version"):
        assert answer.header(name) is None
    assert "version" not in " ".join(name for name, _ in answer.headers)


def _check_problem(answer: Response) -> None:
    """RFC 9457, and CONTRACT's own members."""
    assert problem(answer)[0] == answer.status
    body = answer.json()
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail", "code", "request_id"}
    assert body["type"].startswith("urn:")
    assert body["code"].isidentifier()
    assert body["code"] == body["code"].lower()
    assert all(isinstance(body[member], str) and body[member] for member in ("type", "title", "detail", "request_id"))
    assert ("errors" in body) == (answer.status == 422)
    for fault in body.get("errors", ()):
        assert fault.keys() == {"field", "message"}
        assert fault["field"]
        assert fault["message"]


@pytest.mark.parametrize(("status", "case"), ANSWERED, ids=_id)
def test_a16_every_answer_has_the_common_headers_and_every_refusal_is_a_problem(
    stack: Stack, status: int, case: dict[str, Any]
) -> None:
    sent = {**case, "headers": case["headers"] | {"x-request-id": "the-clients", "x-amzn-requestid": "the-clients"}}
    answer = invoke(stack, sent)
    assert answer.status == status, answer.body
    assert answer.header("x-request-id") == REQUEST_ID
    if case["rawPath"].startswith("/.well-known/"):
        assert (answer.header("cache-control") or "").startswith("public, max-age=")
    else:
        assert answer.header("cache-control") == "no-store"
    _check_headers(answer)
    if status >= 400:
        _check_problem(answer)


@pytest.mark.parametrize(("status", "request_failing"), FAILING)
def test_a16_failures_have_the_common_headers_and_say_when_to_try_again(
    stack: Stack, status: int, request_failing: Callable[[Stack], Response]
) -> None:
    answer = request_failing(stack)
    assert answer.status == status, answer.body
    assert answer.header("cache-control") == "no-store"
    _check_headers(answer)
    _check_problem(answer)
    if status != 500:
        assert int(answer.header("retry-after") or "") >= (60 if status == 429 else 1)


def test_the_request_id_is_the_gateways_also_through_the_gateway(api: Api) -> None:
    answer = api.call("GET", "/v1/me", headers={"x-request-id": "the-clients"})
    assert answer.header("x-request-id") == answer.header("apigw-requestid") != "the-clients"
    assert answer.json()["request_id"] == answer.header("x-request-id")


@pytest.mark.parametrize(
    "case", [request for status, request in ANSWERED if status == 401], ids=[str(n) for n in range(len(REQUESTS[401]))]
)
def test_every_401_names_a_challenge(stack: Stack, case: dict[str, Any]) -> None:
    """RFC 9110, section 15.5.2: a 401 MUST have a WWW-Authenticate field."""
    assert (invoke(stack, case).header("www-authenticate") or "").startswith("Bearer")


def test_a_call_without_a_token_is_not_told_that_its_token_is_invalid(stack: Stack) -> None:
    """RFC 6750, section 3.1."""
    assert invoke(stack, event()).header("www-authenticate") == "Bearer"
    assert invoke(stack, event(token="x")).header("www-authenticate") == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND", "FOO", "get", "", "GET\n", "\0", "POST /x"]
)
@pytest.mark.parametrize("path", ["/v1/me", "/v1/auth/login", "/health"])
def test_a16_other_methods_are_refused(stack: Stack, method: str, path: str) -> None:
    answer = invoke(stack, event(method, path))
    assert problem(answer) == (405, "method_not_allowed")
    assert b"curl/8.9" not in answer.body  # TRACE echoes what it was sent


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/v1/me", {"GET", "PATCH"}), ("GET", "/v1/auth/login", {"POST"}), ("POST", "/health", {"GET"})],
)
def test_a_405_lists_all_methods_that_the_path_takes(stack: Stack, method: str, path: str, allowed: set[str]) -> None:
    """RFC 9110, section 15.5.6."""
    listed = (invoke(stack, event(method, path)).header("allow") or "").split(",")
    assert {name.strip() for name in listed} >= allowed


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/_local/mailbox", "/debug", "/metrics"]
)
def test_a16_the_function_serves_no_documentation(stack: Stack, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert problem(invoke(stack, event(method, path))) == (404, "not_found")


@pytest.mark.parametrize("content_type", OTHER_TYPES)
@pytest.mark.parametrize("path", ["/login", "/register", "/verify-email", "/resend-verification", "/refresh", "/logout"])
def test_a14_json_sent_as_another_type_is_refused(api: Api, path: str, content_type: str | None) -> None:
    """A-14: a page of another origin can send these types without a preflight (CVE-2021-32677)."""
    headers = {} if content_type is None else {"content-type": content_type}
    answer = api.post(path, '{"email": "ada@example.com", "password": "x", "refresh_token": "x"}', headers=headers)
    assert problem(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON", "application/json;charset=UTF-8", " application/json ; x=y"]
)
def test_json_may_be_named_in_any_spelling_of_its_media_type(api: Api, content_type: str) -> None:
    answer = api.post("/login", f'{{"email": "{new_email()}", "password": "x"}}', headers={"content-type": content_type})
    assert problem(answer) == (401, "invalid_credentials")


def test_one_request_is_one_line_of_the_log_without_its_path(stack: Stack) -> None:
    """A path is a client's text; which route it was is all that is told."""
    with captured_logs() as lines:
        invoke(stack, event(path="/v1/auth/canary-in-the-path"))
        invoke(stack, event(path="/health"))
    assert len(lines) == 2, lines
    assert "canary" not in "".join(lines)
