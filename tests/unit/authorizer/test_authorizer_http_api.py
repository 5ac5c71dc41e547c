"""The authorizer for HTTP APIs, payload format 2.0 with simple responses: event in, answer out."""

import json
import logging
from typing import Any

import pytest

from gatepost.identifiers import SECRET_BYTES, TokenKind, encode_token
from gatepost.refresh_tokens import RefreshToken
from gatepost_verifier.envelope import MAX_TOKEN_LENGTH
from tests.unit.authorizer.support import authorizer, bearer, event, outcome
from tests.unit.verifier import forge

GOOD = forge.token()


@pytest.mark.parametrize(
    ("method", "path", "claims", "status"),
    [
        ("GET", "/orders", {}, 200),
        ("GET", "/me", {"permissions": []}, 200),
        ("GET", "/orders/7", {}, 200),
        ("GET", "/orders/7", {"amr": ["pwd"]}, 403),
        ("POST", "/orders", {}, 403),
        ("POST", "/orders", {"permissions": ["*"]}, 200),
        ("GET", "/nowhere", {"permissions": ["*"]}, 403),
        ("GET", "/orders", {"aud": ["https://other.example.com"]}, 401),
        ("GET", "/nowhere", {"exp": forge.NOW - 31, "iat": forge.NOW - 900}, 401),
    ],
)
def test_allowed_refused_or_unauthorized(method: str, path: str, claims: dict[str, Any], status: int) -> None:
    assert outcome(event(method, path, headers=bearer(**claims)))[0] == status


def test_the_api_is_told_who_calls() -> None:
    assert outcome(event(headers=bearer(roles=["user", "clerk"], permissions=["orders:read", "a:*"]))) == (
        200,
        {
            "sub": "usr_1",
            "sid": "ses_1",
            "client_id": "gatepost",
            "scope": "orders profile",
            "roles": "user clerk",
            "permissions": "orders:read a:*",
            "amr": "pwd otp mfa",
            "exp": forge.NOW + 900,
        },
    )


def test_absent_claims_are_empty() -> None:
    required = {name: forge.CLAIMS[name] for name in ("iss", "sub", "aud", "client_id", "iat", "exp", "jti")}
    status, context = outcome(event(path="/me", headers={"authorization": f"Bearer {forge.token(required)}"}))
    assert status == 200
    assert [context[name] for name in ("sid", "scope", "roles", "permissions", "amr")] == [""] * 5


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer x"}])
def test_a_public_route_that_kept_its_authorizer_needs_no_token_and_has_no_caller(headers: dict[str, str]) -> None:
    assert outcome(event(path="/status", headers=headers)) == (200, {})


def test_a_public_route_with_a_good_token_has_a_caller() -> None:
    assert outcome(event(path="/status", headers=bearer()))[1]["sub"] == "usr_1"


@pytest.mark.parametrize("default", ["deny", "authenticated"])
def test_a_stage_with_a_name_stands_in_the_path(default: Any) -> None:
    door = authorizer(default=default)
    assert outcome(event(path="/prod/orders", stage="prod", headers=bearer()), door)[0] == 200
    for path in ("/orders", "/prod", "/production/orders", "/dev/orders", "prod/orders"):
        assert outcome(event(path=path, stage="prod", headers=bearer()), door)[0] == 401
    assert outcome(event(path="/prod/prod/orders", stage="prod", headers=bearer()), authorizer())[0] == 403


def _context_size(**claims: Any) -> tuple[int, int]:
    """The length of a token with these claims, and the bytes of the context that the API gets with it."""
    payload = json.dumps(forge.claims(**claims), ensure_ascii=False, separators=(",", ":")).encode()
    token = forge.token(payload)
    status, context = outcome(event(headers={"authorization": f"Bearer {token}"}))
    assert status == (200 if len(token) <= MAX_TOKEN_LENGTH else 401)
    return len(token), len(json.dumps(context, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", ["a:b", "é", "\U0001f511", '"', "\\"])
def test_a08_the_context_of_the_longest_token_is_smaller_than_8_kb(name: str) -> None:
    """A-08: text, numbers and booleans alone (`outcome` looks), and less than 8 KB."""
    count = length = size = longest = largest = 0
    while length <= MAX_TOKEN_LENGTH:
        longest, largest = length, size
        count += 20
        length, size = _context_size(permissions=["orders:read", *[name] * count])
    assert longest > MAX_TOKEN_LENGTH - 300
    assert largest < 8 * 1024


@pytest.mark.parametrize("claim", ["roles", "permissions", "amr"])
@pytest.mark.parametrize("name", ["", "user admin", "user\tadmin", "user\u00a0admin", " admin", "admin\n"])
def test_a08_names_that_would_read_as_others_when_joined_are_refused(claim: str, name: str) -> None:
    token = bearer(**{claim: [*forge.CLAIMS[claim], name]})
    assert outcome(event(path="/me", headers=token))[0] == 401


@pytest.mark.parametrize("status", [200, 403, 401])
def test_a05_what_a_client_says_about_itself_is_ignored(status: int) -> None:
    """A-05: nothing but method, path and token changes the answer."""
    token = {200: bearer(), 403: bearer(permissions=[]), 401: {}}[status]
    claimed = {"sub": "root", "permissions": "*", "roles": "admin", "isAuthorized": True}
    liar = event(
        headers={
            **token,
            "x-user-id": "root",
            "X_User_Id": "root",
            "X-Forwarded-User": "root",
            "X-Auth-Request-User": "root",
            "X-Auth-Permissions": "*",
            "x-authorization": f"Bearer {GOOD}",
            "authorization ": f"Bearer {GOOD}",
            "proxy-authorization": f"Bearer {GOOD}",
            "cookie": f"authorization=Bearer {GOOD}",
            "x-original-url": "/me",
            "x-rewrite-url": "/me",
            "x-http-method-override": "GET",
            "requestContext": json.dumps({"authorizer": {"lambda": claimed}}),
        }
    )
    liar |= {"authorizationToken": f"Bearer {GOOD}", "context": claimed, "principalId": "root", "isAuthorized": True}
    liar["requestContext"]["authorizer"] = {"lambda": claimed, "jwt": {"claims": claimed}}
    liar["queryStringParameters"] = {"access_token": GOOD, "authorization": f"Bearer {GOOD}", **claimed}
    liar["identitySource"] = [f"Bearer {GOOD}"]
    liar["pathParameters"] = liar["stageVariables"] = claimed
    liar["cookies"] = [f"authorization=Bearer {GOOD}", "sub=root"]
    assert outcome(liar) == outcome(event(headers=token))
    assert outcome(liar)[0] == status


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"])
def test_a06_names_and_schemes_in_any_case(name: str, scheme: str) -> None:
    assert outcome(event(headers={name: f"{scheme} {GOOD}"}))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": " "},
        {"authorization": "bearer"},
        {"authorization": "Bearer "},
        {"authorization": GOOD},
        {"authorization": f"Basic {GOOD}"},
        {"authorization": f"Bearer{GOOD}"},
        {"authorization": f" Bearer {GOOD}"},
        {"authorization": f"Bearer {GOOD} "},
        {"authorization": f"Bearer {GOOD}\n"},
        {"authorization": f"Bearer {GOOD} {GOOD}"},
        {"authorization": f"Bearer {GOOD},Bearer {GOOD}"},
        {"authorization": f"Bearer {GOOD}, Bearer {GOOD}"},
        {"authorization": f"Bearer {GOOD},"},
        {"authorization": f",Bearer {GOOD}"},
        {"authorization": f"Bearer {GOOD}", "Authorization": f"Bearer {GOOD}"},
        {"Authorization": f"Bearer {GOOD}", "AUTHORIZATION": ""},
        {"authorization": f"Bearer {GOOD}é"},
        {"authorization": f"Bearer é{GOOD}"},
        {"authorization": f"Bearer\u00a0{GOOD}"},
        {"authorization": "Bearer \ud800"},
        {"authorization": "Bearer " + "a" * 65_536},
        {"authorization": f"Bearer {GOOD}" + "A" * 65_536},
        {"authorization": f"Bearer {' ' * 65_536}{GOOD}"},
        {"authorization": [f"Bearer {GOOD}"]},
        {"authorization": {"Bearer": GOOD}},
        {"authorization": None},
        {"authorization": True},
    ],
)
def test_a06_anything_but_one_bearer_token_is_unauthorized(headers: dict[str, Any]) -> None:
    assert outcome(event(headers=headers)) == (401, {})


SECRET = bytes(range(SECRET_BYTES))
OTHER_TOKENS = {
    "refresh": RefreshToken(user_id="ab" * 16, session_id="cd" * 16, family=SECRET[:16], secret=SECRET).encode(),
    "e-mail verification": encode_token(TokenKind.EMAIL_VERIFICATION, SECRET, b"\0", SECRET),
    # An access token in everything but `typ`: right key, issuer, audience and claims.
    **{f"typ {typ}": forge.token(head=forge.header(typ=typ)) for typ in ("JWT", "id+jwt", "logout+jwt", "dpop+jwt", None)},
}


@pytest.mark.parametrize("kind", OTHER_TOKENS)
def test_j13_no_other_kind_of_token_is_taken_for_an_access_token(kind: str) -> None:
    assert outcome(event(path="/me", headers={"authorization": f"Bearer {OTHER_TOKENS[kind]}"})) == (401, {})


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (event(headers=bearer()), "allowed"),
        (event("POST", headers=bearer()), "refused"),
        (event(headers={"authorization": f"Bearer {GOOD}x"}), "refused"),
        ({**event(headers=bearer()), "version": GOOD}, "unexpected happened: EventInvalid in gatepost_verifier.events:"),
        (event(headers=bearer(roles=["a b"])), "unexpected happened: ValueError in gatepost_verifier.authorizer:"),
    ],
)
def test_every_answer_is_logged_without_the_token(made: dict[str, Any], line: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome(made)
    (record,) = caplog.records
    assert line in record.getMessage()
    written = json.dumps({name: str(value) for name, value in vars(record).items()})
    assert not any(part in written for part in GOOD.split("."))
    assert not record.exc_info
