"""The cookie transport: browser apps that must not hold a refresh token never see one (S-22; ASVS 3.3)."""

import json
from typing import Any

import pytest
from time_machine import Traveller

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke, on_route, shared_events
from tests.integration.accounts import INVALID_REFRESH_TOKEN, UNAVAILABLE, deployed_with, mailed_reset, outcome, reset
from tests.integration.aws_faults import always, broken, faults
from tests.integration.browsers import COOKIE, PAGE, Browser, attributes, signed_in_browser
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, PASSWORD, Api, new_email, problem

DAY = 86_400
MISSING = (422, "invalid_request")


@pytest.fixture
def browser(stack: Stack) -> Browser:
    """The browser of a user who is signed in."""
    return signed_in_browser(stack)


def is_by_cookie(answer: Response, max_age: int) -> str:
    """Check that the refresh token comes by cookie, and nowhere else; return it."""
    assert answer.status == 200, answer.body
    (token,) = (cookie["value"] for cookie in attributes(answer).values())
    expected = {"value": token, "max-age": str(max_age), "path": "/", "secure": "", "httponly": "", "samesite": "Strict"}
    assert attributes(answer) == {COOKIE: expected}  # no Domain: the prefix forbids it
    assert len(token) > 100
    assert answer.header("cache-control") == "no-store"
    assert "refresh_token" not in answer.json()
    assert token.encode() not in answer.body
    return token


def test_s22_a_sign_in_by_cookie_gives_its_refresh_token_to_the_browser_alone(stack: Stack, api: Api, clock: Traveller) -> None:
    assert clock
    email = new_email()
    by_body = api.sign_up(email)
    answer = Browser(api, email).login()
    is_by_cookie(answer, 30 * DAY)
    assert answer.json().keys() == by_body.keys() - {"refresh_token"}
    assert answer.json()["user"] == by_body["user"]
    assert api.me(answer.json()["access_token"]).status == 200


def test_s22_a_sign_in_by_a_mailed_code_may_have_its_cookie_too(api: Api) -> None:
    """One answer then tells the browser to forget what bound the code to it, and to keep the refresh token."""
    browser = Browser(api)
    api.sign_up(browser.email)
    assert browser.post("/email-code/start", {"email": browser.email}).status == 202
    (binding,) = browser.cookies
    body = {"code": api.mailed_token(browser.email), "refresh_transport": "cookie"}
    answer = browser.post("/email-code/verify", body)
    assert {name: cookie["max-age"] for name, cookie in attributes(answer).items()} == {binding: "0", COOKIE: str(30 * DAY)}
    assert "refresh_token" not in answer.json()
    assert browser.post("/refresh").json()["session_id"] == browser.signed_in["session_id"]


@pytest.mark.parametrize("more", [{}, {"refresh_transport": "body"}])
def test_without_the_wish_for_a_cookie_none_is_set(api: Api, more: dict[str, str]) -> None:
    email = new_email()
    api.sign_up(email)
    answer = api.login(email, **more)
    assert answer.json()["refresh_token"]
    assert not attributes(answer)
    assert not attributes(api.refresh(answer.json()["refresh_token"]))


@pytest.mark.parametrize("transport", ["Cookie", "cookie ", "", "header", None, True, ["cookie"]])
def test_another_transport_is_refused(api: Api, transport: Any) -> None:
    email = new_email()
    api.sign_up(email)
    answer = api.login(email, refresh_transport=transport)
    assert problem(answer) == MISSING
    assert not attributes(answer)


@pytest.mark.parametrize("body", [None, {}, {"audience": OTHER_AUDIENCE}, {"refresh_token": None}], ids=str)
def test_s22_a_refresh_by_cookie_answers_by_cookie(browser: Browser, clock: Traveller, body: Any) -> None:
    assert clock
    browser.login()
    before = browser.token
    answer = browser.post("/refresh", body)
    assert is_by_cookie(answer, 30 * DAY) == browser.token != before
    assert browser.api.me(browser.signed_in["access_token"]).status == 200
    assert browser.post("/refresh").json()["session_id"] == answer.json()["session_id"]


def test_s22_the_cookie_lives_as_long_as_the_session_may(browser: Browser, clock: Traveller) -> None:
    """30 days without being used, and 90 days in all: what's less."""
    browser.login()
    today = 0
    for day, left in ((29, 30), (58, 30), (65, 25), (89, 1)):
        clock.shift((day - today) * DAY)
        today = day
        is_by_cookie(browser.post("/refresh"), left * DAY)
    clock.shift(DAY)
    assert problem(browser.post("/refresh")) == INVALID_REFRESH_TOKEN


def test_two_tabs_that_refresh_at_once_end_up_with_the_same_cookie(browser: Browser, clock: Traveller) -> None:
    assert clock
    before = browser.cookie
    tokens = [is_by_cookie(browser.api.post("/refresh", headers=before | PAGE), 30 * DAY) for _ in range(3)]
    assert len(set(tokens)) == 1


def test_a_token_in_the_body_is_answered_in_the_body_whatever_the_cookie_is(stack: Stack, browser: Browser) -> None:
    """Who has the token itself needs no cookie, and proves as much as the header could."""
    before, native = browser.state(), Api(stack).sign_up()
    for headers in ({}, PAGE, {"origin": "https://evil.example.net"}):
        answer = browser.api.post("/refresh", {"refresh_token": native["refresh_token"]}, headers=browser.cookie | headers)
        native = answer.json()
        assert native["refresh_token"]
        assert not attributes(answer)
    answer = browser.post("/logout", {"refresh_token": native["refresh_token"]}, {})
    assert (answer.status, attributes(answer)) == (204, {})
    assert browser.state() == before


@pytest.mark.parametrize("headers", [{}, PAGE])
def test_a_login_by_body_leaves_the_cookie_alone(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.post("/login", {"email": browser.email, "password": PASSWORD}, headers)
    assert answer.json()["refresh_token"]
    assert not attributes(answer)


# ------------------------------------------------------------------------------------------------ no cookie, no token


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}], ids=str)
@pytest.mark.parametrize("path", ["/refresh", "/logout"])
def test_a_call_with_neither_token_nor_cookie_lacks_a_member(api: Api, path: str, body: Any) -> None:
    answer = api.post(path, body, headers={"cookie": "other=1"})
    assert problem(answer) == MISSING
    assert [error["field"] for error in answer.json()["errors"]] == ["refresh_token"]


def test_an_app_that_works_with_cookies_and_has_none_is_not_signed_in(api: Api) -> None:
    """No script can look whether the cookie is there: it asks, and is told to sign in."""
    assert problem(api.post("/refresh", headers=PAGE)) == INVALID_REFRESH_TOKEN
    assert api.post("/logout", headers=PAGE).status == 204


@pytest.mark.parametrize("value", ["", "x", '""', "x" * 9000])
def test_a_cookie_that_holds_no_token_is_a_token_that_is_not_good(api: Api, value: str) -> None:
    headers = PAGE | {"cookie": f"{COOKIE}={value}"}
    assert problem(api.post("/refresh", headers=headers)) == INVALID_REFRESH_TOKEN
    assert api.post("/logout", headers=headers).status == 204


# ------------------------------------------------------------------------------------------------ refused and ended


def test_a_refused_refresh_leaves_the_browser_its_cookie(browser: Browser, clock: Traveller) -> None:
    """Another tab may have got the successor, and the browser holds that by now: 0010."""
    older = browser.cookie
    for _ in range(2):
        clock.shift(60)
        browser.post("/refresh")
    answer = browser.api.post("/refresh", headers=older | PAGE)
    assert problem(answer) == INVALID_REFRESH_TOKEN
    assert not attributes(answer)
    assert browser.post("/refresh").status == 200


def test_a_refresh_that_fails_inside_leaves_the_browser_its_cookie(browser: Browser) -> None:
    with faults(always("UpdateItem", broken)):
        answer = browser.post("/refresh")
    assert problem(answer) == UNAVAILABLE
    assert not attributes(answer)
    assert browser.post("/refresh").status == 200


@pytest.mark.parametrize("body", [None, {}], ids=str)
def test_s22_signing_out_ends_the_session_and_has_the_cookie_forgotten(browser: Browser, body: Any) -> None:
    kept = browser.cookie
    answer = browser.post("/logout", body)
    assert (answer.status, answer.body) == (204, b"")
    forgotten = {"value": "", "max-age": "0", "path": "/", "secure": "", "httponly": "", "samesite": "Strict"}
    assert attributes(answer) == {COOKIE: forgotten}
    assert answer.header("cache-control") == "no-store"
    assert browser.token is None
    assert browser.state() is None
    assert problem(browser.api.me(browser.signed_in["access_token"]))[0] == 401
    again = browser.api.post("/refresh", headers=kept | PAGE)
    assert problem(again) == INVALID_REFRESH_TOKEN
    # A token of no session, or by now an unknown one: the browser may forget it all the same.
    assert attributes(browser.api.post("/logout", headers=kept | PAGE)) == {COOKIE: forgotten}


def test_a_sign_out_that_fails_inside_leaves_the_browser_its_cookie(browser: Browser) -> None:
    with faults(always("TransactWriteItems", broken)):
        answer = browser.post("/logout")
    assert problem(answer) == UNAVAILABLE
    assert not attributes(answer)
    assert browser.post("/refresh").status == 200


def test_a_session_ended_elsewhere_is_over_for_its_cookie_too(browser: Browser) -> None:
    assert reset(browser.api, mailed_reset(browser.api, browser.email)).status == 204
    answer = browser.post("/refresh")
    assert problem(answer) == INVALID_REFRESH_TOKEN
    assert not attributes(answer)


# ------------------------------------------------------------------------------------------------ events and methods


def test_real_events_of_the_gateway_carry_the_cookie_in_their_list(stack: Stack, browser: Browser) -> None:
    """Beside others, in `cookies`, and the answer has its own in `cookies` too."""
    examples = [event("POST"), *(sent for sent in shared_events().values() if sent["version"] == "2.0")]
    for example in examples:
        sent = on_route(example, "POST", "/v1/auth/refresh")
        sent |= {"body": "", "isBase64Encoded": False, "headers": sent["headers"] | {"X-Gatepost-Csrf": "1"}}
        sent["headers"] = {name: value for name, value in sent["headers"].items() if name.lower() != "origin"}
        sent["cookies"] = [*(sent.get("cookies") or []), "a=b", f"{COOKIE}={browser.token}", "gatepost_refresh=c"]
        answer = stack.functions["AccountFunction"].invoke(sent)
        assert answer["statusCode"] == 200, answer
        (cookie,) = answer["cookies"]
        assert "set-cookie" not in answer["headers"]
        assert cookie.startswith(f"{COOKIE}=")
        browser.cookies[COOKIE] = cookie.partition(";")[0].partition("=")[2]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout"])
def test_no_other_method_takes_or_sets_a_cookie(stack: Stack, browser: Browser, method: str, path: str) -> None:
    before = browser.state()
    headers = browser.cookie | PAGE | {"access-control-request-method": "POST"}
    answer = invoke(stack, event(method, path, headers=headers))
    assert not attributes(answer)
    assert browser.state() == before


def test_the_issuers_own_pages_may_use_the_cookie_without_being_configured(stack: Stack, browser: Browser) -> None:
    with deployed_with(stack, allowed_origins=""):
        assert browser.post("/refresh", headers={"origin": ISSUER, "x-gatepost-csrf": "1"}).status == 200
        assert outcome(browser.post("/refresh")) == (403, "csrf_check_failed")


def test_an_audience_that_is_refused_rotates_nothing(browser: Browser) -> None:
    before = browser.state()
    assert problem(browser.post("/refresh", {"audience": "https://evil.example.net"})) == (400, "invalid_target")
    assert browser.state() == before
    assert json.loads(browser.post("/refresh", {"audience": AUDIENCE}).body)["status"] == "authenticated"
