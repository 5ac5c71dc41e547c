"""Browsers of other origins: the allowed one may read answers and send credentials, all others get nothing (A-15)."""

import pytest

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.aws_faults import always, broken, faults
from tests.support import ALLOWED_ORIGIN, Api, new_email, problem

PATHS = ["/v1/me", "/v1/auth/login", "/v1/auth/refresh", "/health", "/.well-known/jwks.json", "/v1/unknown"]
FOREIGN = [
    "https://evil.example.net",
    "null",
    "",
    "*",
    "http://app.example.com",
    "https://app.example.com.evil.net",
    "https://evilapp.example.com",
    "https://evil.app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com:443",
    "https://app.example.com/",
    "https://app.example.com@evil.net",
    "https://user@app.example.com",
    "https://APP.example.com",
    "HTTPS://app.example.com",
    "https://app.example.co",
    "https://example.com",
    "app.example.com",
    "//app.example.com",
    " https://app.example.com",
    "https://app.example.com ",
    "https://app.example.com,https://evil.net",
    "https://app.example.com https://evil.net",
    "https://app%2eexample.com",
    "https://app.example.com\u3002",
    "https://app_example.com",
    "file://",
    "chrome-extension://app.example.com",
]


def _cors(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("access-control-")}


def _preflight(stack: Stack, path: str, origin: str, method: str = "PATCH", headers: str = "authorization") -> Response:
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return invoke(stack, event("OPTIONS", path, headers=asked))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_allowed_origins_preflight_is_granted(stack: Stack, path: str, method: str) -> None:
    answer = _preflight(stack, path, ALLOWED_ORIGIN, method, "authorization,content-type,x-gatepost-csrf")
    granted = _cors(answer)
    assert answer.status in (200, 204)
    assert granted["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert granted["access-control-allow-credentials"] == "true"
    assert method in granted["access-control-allow-methods"]
    assert {"authorization", "content-type", "x-gatepost-csrf"} <= set(granted["access-control-allow-headers"].split(", "))
    assert int(granted["access-control-max-age"]) <= 7200
    assert "*" not in granted.values()  # means nothing with credentials
    assert "Origin" in (answer.header("vary") or "")
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-request-id")


@pytest.mark.parametrize(("method", "headers"), [("TRACE", "authorization"), ("GET", "x-forwarded-for"), ("GET", "x-user-id")])
def test_an_allowed_origin_is_not_granted_other_methods_or_headers(stack: Stack, method: str, headers: str) -> None:
    answer = _preflight(stack, "/v1/me", ALLOWED_ORIGIN, method, headers)
    granted = _cors(answer)
    # A preflight without an ok status fails: fetch.spec.whatwg.org/#cors-preflight-fetch
    assert problem(answer) == (400, "preflight_refused")
    assert method not in answer.json()["detail"]
    assert method == "GET" or method not in granted["access-control-allow-methods"]
    assert headers == "authorization" or headers not in granted["access-control-allow-headers"]


@pytest.mark.parametrize("path", PATHS)
def test_an_allowed_origin_may_read_every_answer(api: Api, stack: Stack, path: str) -> None:
    for answer in (
        invoke(stack, event(path=path, headers={"origin": ALLOWED_ORIGIN})),
        invoke(stack, event("POST", path, "{", headers={"origin": ALLOWED_ORIGIN})),
    ):
        granted = _cors(answer)
        assert granted["access-control-allow-origin"] == ALLOWED_ORIGIN
        assert granted["access-control-allow-credentials"] == "true"
        assert {"x-request-id", "retry-after"} <= set(granted["access-control-expose-headers"].split(", "))
        assert "Origin" in (answer.header("vary") or "")


def test_an_allowed_origin_may_read_failures_too(stack: Stack) -> None:
    body = {"email": new_email()}
    with faults(always("BatchGetItem", broken)):
        answer = invoke(stack, event("POST", "/v1/auth/resend-verification", body, headers={"origin": ALLOWED_ORIGIN}))
    assert answer.status == 503
    assert _cors(answer)["access-control-allow-origin"] == ALLOWED_ORIGIN


@pytest.mark.parametrize("origin", FOREIGN)
def test_a15_a_foreign_origin_gets_no_grant_whatever_it_asks(stack: Stack, origin: str) -> None:
    """CVE-2024-41657, ASVS 3.4.2."""
    for path in PATHS:
        preflight = _preflight(stack, path, origin)
        assert preflight.status in (404, 405)
        assert not _cors(preflight)
        for method, body in (("GET", None), ("POST", {}), ("PATCH", {"name": "x"}), ("DELETE", None)):
            answer = invoke(stack, event(method, path, body, headers={"origin": origin}))
            assert not _cors(answer)
            assert origin not in repr(answer.headers) or len(origin) < 2


def test_a15_a_foreign_origin_changes_nothing_else_of_an_answer(api: Api) -> None:
    """It is a browser's business to keep the answer from the page; a script elsewhere can leave the header out."""
    token = api.sign_up()["access_token"]
    plain = api.me(token)
    foreign = api.call("GET", "/v1/me", token=token, headers={"origin": "https://evil.example.net"})
    assert (plain.status, plain.body) == (foreign.status, foreign.body)
    assert {name for name, _ in plain.headers} == {name for name, _ in foreign.headers}


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/.well-known/gatepost/revocations"])
def test_what_caches_keep_is_good_for_browsers_of_every_origin(stack: Stack, path: str) -> None:
    """What a cache kept for one origin, or for none, must not be what another one gets.

    https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
    """
    for headers in ({}, {"origin": "https://evil.example.net"}, {"origin": ALLOWED_ORIGIN}):
        answer = invoke(stack, event(path=path, headers=headers))
        assert "public" in (answer.header("cache-control") or "")
        assert "Origin" in (answer.header("vary") or "") or _cors(answer).get("access-control-allow-origin") == "*"


def test_a_request_without_an_origin_is_granted_nothing(stack: Stack) -> None:
    """It is no cross-origin call of a browser."""
    assert not _cors(invoke(stack, event()))
    assert not _cors(invoke(stack, event("OPTIONS", headers={"access-control-request-method": "GET"})))
