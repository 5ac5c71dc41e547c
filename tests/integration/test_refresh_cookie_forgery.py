"""Calls that a page of somebody else makes with a browser that holds the cookie: nothing comes of them (A-14, A-15, S-22)."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.browsers import COOKIE, PAGE, Browser, attributes, signed_in_browser
from tests.integration.test_conventions import OTHER_TYPES
from tests.integration.test_cors import FOREIGN
from tests.support import ALLOWED_ORIGIN, ISSUER, problem

PATHS = ["/v1/auth/refresh", "/v1/auth/logout"]
REFUSED = (403, "csrf_check_failed")


@pytest.fixture(scope="module")
def victim(stack: Stack) -> Browser:
    """The browser of somebody who is signed in."""
    return signed_in_browser(stack)


@pytest.fixture
def unharmed(victim: Browser) -> Iterator[Browser]:
    """That browser; after the test its session must be what it was, and its cookie as good."""
    before = victim.state()
    assert before is not None
    yield victim
    assert victim.state() == before
    assert victim.post("/refresh").status == 200


def send(stack: Stack, browser: Browser, path: str, body: Any = None, **headers: str | None) -> Response:
    """Send an event with the cookie of `browser`; underscores in names of headers stand for hyphens."""
    sent = event("POST", path, body, headers={name.replace("_", "-"): of for name, of in headers.items() if of is not None})
    return invoke(stack, sent | {"cookies": [f"{COOKIE}={browser.token}"]})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", [None, "", "0", "true", "01", "1,1", "1, 1", " 1", "\u0661", "2"])
@pytest.mark.parametrize("origin", [None, ALLOWED_ORIGIN, ISSUER])
def test_s22_the_cookie_alone_does_nothing(
    stack: Stack, unharmed: Browser, path: str, value: str | None, origin: str | None
) -> None:
    for text in (None, "{}"):
        answer = send(stack, unharmed, path, text, x_gatepost_csrf=value, origin=origin)
        assert problem(answer) == REFUSED
        assert not attributes(answer)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", FOREIGN)
def test_a15_a_foreign_origin_can_do_nothing_with_the_cookie(stack: Stack, unharmed: Browser, path: str, origin: str) -> None:
    """Were a browser to send the header for it: it asks before, and isn't allowed to."""
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "x-gatepost-csrf"}
    preflight = invoke(stack, event("OPTIONS", path, headers={"origin": origin} | ask))
    assert preflight.status >= 400
    for answer in (
        preflight,
        send(stack, unharmed, path, origin=origin),
        send(stack, unharmed, path, {}, origin=origin, x_gatepost_csrf="1"),
        send(stack, unharmed, path, None, origin=origin, x_gatepost_csrf="1"),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("access-control-")]
        assert not attributes(answer)
        if answer is not preflight:
            assert problem(answer) == REFUSED


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_ours_may_read_why_it_was_refused(stack: Stack, unharmed: Browser, path: str) -> None:
    answer = send(stack, unharmed, path, origin=ALLOWED_ORIGIN)
    assert problem(answer) == REFUSED
    assert answer.header("access-control-allow-origin") == ALLOWED_ORIGIN
    assert "x-gatepost-csrf" in answer.json()["detail"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_a14_a_simple_request_can_do_nothing_with_the_cookie(
    stack: Stack, unharmed: Browser, path: str, content_type: str | None
) -> None:
    """What a form or a script sends without asking before: CVE-2021-32677. An empty body needs no type, but the header."""
    for text in ("{}", "a=b", '{"x": "="}'):
        sent = event("POST", path, text, headers={"content-type": content_type or "", **PAGE, "cookie": "a=b"})
        if content_type is None:
            del sent["headers"]["content-type"]
        answer = invoke(stack, sent | {"cookies": [f"{COOKIE}={unharmed.token}"]})
        assert problem(answer) == (415, "unsupported_media_type")
    assert problem(send(stack, unharmed, path, content_type=content_type)) == REFUSED


# ------------------------------------------------------------------------------------------------ two cookies, and look-alikes


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("other", ["planted", "", "the same"])
def test_s22_two_cookies_of_the_name_are_refused_however_they_come(
    stack: Stack, unharmed: Browser, path: str, other: str
) -> None:
    """One of them is planted, by a subdomain for example, and nobody can tell which."""
    ours, theirs = f"{COOKIE}={unharmed.token}", f"{COOKIE}={unharmed.token if other == 'the same' else other}"
    for first, second in ((ours, theirs), (theirs, ours)):
        ways: list[dict[str, Any]] = [
            {"cookies": [first, second]},
            {"cookies": [first, "a=b", second, "c"]},
            {"cookies": [f"{first}; {second}"]},
            {"cookies": [f"{first};{second}"]},
            {"cookies": [f"{first}, {second}"]},
            {"cookies": [first], "headers": {"cookie": second}},
            {"cookies": [first], "headers": {"Cookie": f"a=b; {second}"}},
            {"headers": {"cookie": f"{first}; {second}"}},
            {"headers": {"cookie": f"{first},{second}"}},
            {"headers": {"cookie": first, "Cookie": second}},
            {"headers": {"COOKIE": first, "Cookie": second}},
        ]
        for members in ways:
            sent = event("POST", path)
            sent["headers"] |= PAGE | dict(members.get("headers", {}))
            answer = invoke(stack, sent | {"cookies": members.get("cookies")})
            assert problem(answer) == (400, "malformed_request"), members
            assert not attributes(answer)
            assert str(unharmed.token).encode() not in answer.body


@pytest.mark.parametrize("path", ["/refresh", "/logout"])
def test_s22_two_headers_with_the_cookie_are_refused_through_the_gateway_too(unharmed: Browser, path: str) -> None:
    answer = unharmed.api.post(path, headers=PAGE | unharmed.cookie | {"Cookie": f"{COOKIE}=x"})
    assert problem(answer) == (400, "malformed_request")


@pytest.mark.parametrize(
    "text",
    [
        "__host-gatepost_refresh={}",
        "__HOST-GATEPOST_REFRESH={}",
        "gatepost_refresh={}",
        "__Secure-gatepost_refresh={}",
        "\u2000__Host-gatepost_refresh={}",
        "\u00a0__Host-gatepost_refresh={}",
        "\u0085__Host-gatepost_refresh={}",
        "\x0b__Host-gatepost_refresh={}",
        "\x1f__Host-gatepost_refresh={}",
        "a=b,__Host-gatepost_refresh={}",
        "=__Host-gatepost_refresh={}",
        'a="b; __Host-gatepost_refresh": {}',
        "__Host-gatepost_refresh ={}",
        "__Host-gatepost_refresh%3D{}",
        "$Version=1,__Host-gatepost_refresh={}",
    ],
)
def test_s22_a_cookie_that_only_looks_like_it_is_another(stack: Stack, unharmed: Browser, text: str) -> None:
    """Browsers let nobody else set the true name; what they don't take for it must not be taken for it here.

    https://portswigger.net/research/cookie-chaos-how-to-bypass-host-and-secure-cookie-prefixes
    """
    sent = event("POST", "/v1/auth/refresh", headers=PAGE) | {"cookies": [text.replace("{}", str(unharmed.token))]}
    assert problem(invoke(stack, sent)) == (401, "invalid_refresh_token")
