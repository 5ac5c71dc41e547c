"""The example's page in a real browser: what the cookie transport promises is the browser's to keep (S-22, A-15).

`make test-browser` runs it.
"""

import time
from typing import Any

import pytest

from gatepost.storage.writes import Item
from tests.browser.chromium import PATIENCE
from tests.browser.site import Person
from tests.integration.browsers import COOKIE
from tests.support import Api

pytestmark = pytest.mark.browser

GREETING = "Signed in as Ada."
CALL = """
    const [url, options] = arguments;
    return fetch(url, options).then((answer) => [answer.type, answer.status], (error) => error.name);
"""
# All that a script can look into: what it finds as one text.
LOOK = """
    const databases = (await indexedDB.databases()).map((database) => database.name);
    const globals = Object.entries(window).filter(([, value]) => typeof value === "string");
    return JSON.stringify([
        document.cookie, {...localStorage}, {...sessionStorage}, databases, await caches.keys(), globals, history.state,
        location.href, document.documentElement.outerHTML, (await cookieStore.getAll()),
    ]);
"""
SEND_FORM = """
    const [form, field] = ["form", "input"].map((name) => document.createElement(name));
    Object.assign(form, {method: "post", action: arguments[0], enctype: arguments[1]});
    Object.assign(field, {name: '{"audience": "', value: '"}'});
    form.append(field);
    document.body.append(form);
    form.submit();
"""


def sessions(person: Person) -> list[Item]:
    """All sessions that there are, of everybody."""
    items = Api(person.site.stack).table("SessionsTable")
    return sorted((item for item in items if "family_digest" in item), key=lambda item: str(item["id"]))


def signed_in(person: Person) -> dict[str, Any]:
    """Sign in at the allowed page; return the cookie."""
    person.visit(person.site.page)
    person.sign_in()
    person.reads(GREETING)
    cookie = person.cookie()
    assert cookie is not None
    return cookie


def test_s22_signing_in_leaves_a_cookie_that_no_script_can_read(person: Person) -> None:
    cookie = signed_in(person)
    assert (cookie["name"], cookie["domain"], cookie["path"]) == (COOKIE, "localhost", "/")
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    assert 29 < (cookie["expires"] - time.time()) / 86_400 <= 30

    token = cookie["value"]
    assert len(token) > 100
    seen = person.browser.run(LOOK)
    assert GREETING in seen  # it looked at the right page
    assert token not in seen
    assert person.browser.run("return document.cookie") == ""
    assert not [request.path for request, answer in person.site.answers if token.encode() in answer.body]
    assert not [request.path for request, answer in person.site.answers if b'"refresh_token"' in answer.body]


def test_after_a_reload_one_refresh_signs_in_again(person: Person) -> None:
    before = signed_in(person)
    for _ in range(2):
        person.site.asked()
        person.browser.reload()
        person.reads(GREETING)
        assert [call for call in person.site.asked() if call[0] != "OPTIONS"] == [
            ("POST", "/v1/auth/refresh", 200),
            ("GET", "/v1/me", 200),
        ]
        after = person.cookie()
        assert after is not None
        assert after["value"] != before["value"]
        before = after


def test_a_tab_that_is_closed_while_it_refreshes_leaves_the_new_cookie(person: Person) -> None:
    """Else the browser would come back with an old one, which looks like theft: 0010."""
    signed_in(person)
    with person.browser.tab():
        person.visit(person.site.page)
        person.reads(GREETING)
        before = person.cookie()
        person.site.gate.close()
        person.browser.reload()
        assert person.site.gate.reached()
    person.site.gate.open()
    until = time.monotonic() + PATIENCE
    while person.cookie() == before:
        assert time.monotonic() < until
    person.browser.reload()
    person.reads(GREETING)


def test_signing_out_takes_the_cookie_away_and_ends_the_session(person: Person) -> None:
    cookie = signed_in(person)
    person.browser.click("#sign-out")
    person.browser.wait("!document.getElementById('sign-in').hidden")
    assert person.cookie() is None
    person.site.asked()
    person.browser.reload()
    person.browser.wait("!document.getElementById('sign-in').hidden")
    assert ("POST", "/v1/auth/refresh", 401) in person.site.asked()
    assert Api(person.site.stack).refresh(cookie["value"]).status == 401


def test_a_wrong_password_is_told_and_leaves_no_cookie(person: Person) -> None:
    person.visit(person.site.page)
    person.sign_in("not this one")
    person.reads("wrong")
    assert person.cookie() is None


@pytest.mark.parametrize("origin", ["stranger", "neighbour"])
def test_a15_a_page_of_a_foreign_origin_can_neither_sign_in_nor_refresh(person: Person, origin: str) -> None:
    """Its browser asks before each call, and stops there."""
    cookie = signed_in(person)
    before = sessions(person)
    person.site.asked()
    person.visit(getattr(person.site, origin))
    person.reads("No answer")  # to the refresh it began with
    person.browser.run("document.getElementById('message').textContent = ''")
    person.sign_in()
    person.reads("No answer")
    asked = person.site.asked()
    assert {method for method, _, _ in asked} == {"OPTIONS"}
    assert all(status >= 400 for _, _, status in asked)
    assert sessions(person) == before
    assert person.cookie() == cookie


@pytest.mark.parametrize("path", ["/v1/auth/refresh", "/v1/auth/logout"])
@pytest.mark.parametrize("origin", ["stranger", "neighbour"])
def test_s22_what_a_foreign_page_sends_without_asking_does_nothing(person: Person, origin: str, path: str) -> None:
    """To a neighbour SameSite is no obstacle: its call carries the cookie, and gets nowhere for want of the header."""
    cookie = signed_in(person)
    before = sessions(person)
    person.visit(getattr(person.site, origin))
    person.site.answers.clear()
    options = {"method": "POST", "mode": "no-cors", "credentials": "include"}
    assert person.browser.run(CALL, person.site.api + path, options) == ["opaque", 0]
    ((request, answer),) = person.site.answers
    assert (COOKIE in request.header("cookie")) == (origin == "neighbour")
    assert answer.status == (403 if origin == "neighbour" else 422)
    assert sessions(person) == before
    assert person.cookie() == cookie


def test_a14_a_foreign_form_can_do_nothing_with_the_cookie(person: Person) -> None:
    cookie = signed_in(person)
    before = sessions(person)
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        person.visit(person.site.neighbour)
        person.site.answers.clear()
        person.browser.run(SEND_FORM, f"{person.site.api}/v1/auth/refresh", kind)
        person.browser.wait(f"location.href.startsWith({person.site.api!r}) && document.readyState === 'complete'")
        (request, answer), *_ = person.site.answers
        assert (request.method, answer.status) == ("POST", 415)
        assert COOKIE in request.header("cookie")
    assert sessions(person) == before
    assert person.cookie() == cookie
