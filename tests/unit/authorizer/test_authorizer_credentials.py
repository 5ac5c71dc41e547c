"""What carries a caller's token, behind every kind of API: one Authorization field with one bearer token, and nothing else."""

import json
from typing import Any

import pytest

from gatepost.identifiers import SECRET_BYTES, TokenKind, encode_token
from gatepost.refresh_tokens import RefreshToken
from tests.unit.authorizer.events import SHAPES, Shape
from tests.unit.authorizer.support import bearer, outcome
from tests.unit.verifier import forge

GOOD = forge.token()

every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


@every_shape
@pytest.mark.parametrize("status", [200, 403, 401])
def test_a05_a17_what_a_client_says_about_itself_is_ignored(shape: Shape, status: int) -> None:
    """A-05, A-17: nothing but method, path and token changes the answer; a token in the query or a cookie is none."""
    token = {200: bearer(), 403: bearer(permissions=[]), 401: {}}[status]
    claimed = {"sub": "root", "permissions": "*", "roles": "admin", "isAuthorized": True}
    liar = shape.event(
        {
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
    liar |= {"context": claimed, "principalId": "root", "isAuthorized": True, "policyDocument": {"Statement": []}}
    liar.setdefault("requestContext", {})["authorizer"] = {"lambda": claimed, "jwt": {"claims": claimed}}
    liar["queryStringParameters"] = {"access_token": GOOD, "authorization": f"Bearer {GOOD}", **claimed}
    liar["multiValueQueryStringParameters"] = {"authorization": [f"Bearer {GOOD}"]}
    liar["identitySource"] = [f"Bearer {GOOD}"]
    liar["pathParameters"] = liar["stageVariables"] = claimed
    liar["cookies"] = [f"authorization=Bearer {GOOD}", "sub=root"]
    assert outcome(liar, shape.door()) == outcome(shape.event(token), shape.door())
    assert outcome(liar, shape.door())[0] == status


@every_shape
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"])
def test_a06_names_and_schemes_in_any_case(shape: Shape, name: str, scheme: str) -> None:
    assert outcome(shape.event({name: f"{scheme} {GOOD}"}), shape.door())[0] == 200


@every_shape
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
def test_a06_anything_but_one_bearer_token_is_unauthorized(shape: Shape, headers: dict[str, Any]) -> None:
    assert outcome(shape.event(headers), shape.door()) == (401, {})


SECRET = bytes(range(SECRET_BYTES))
OTHER_TOKENS = {
    "refresh": RefreshToken(user_id="ab" * 16, session_id="cd" * 16, family=SECRET[:16], secret=SECRET).encode(),
    "e-mail verification": encode_token(TokenKind.EMAIL_VERIFICATION, SECRET, b"\0", SECRET),
    # An access token in everything but `typ`: right key, issuer, audience and claims.
    **{f"typ {typ}": forge.token(head=forge.header(typ=typ)) for typ in ("JWT", "id+jwt", "logout+jwt", "dpop+jwt", None)},
}


@every_shape
@pytest.mark.parametrize("kind", OTHER_TOKENS)
def test_j13_no_other_kind_of_token_is_taken_for_an_access_token(shape: Shape, kind: str) -> None:
    assert outcome(shape.event({"authorization": f"Bearer {OTHER_TOKENS[kind]}"}), shape.door()) == (401, {})


@every_shape
@pytest.mark.parametrize("skew", [-300, -31, -30, -29, 0, 29, 30, 31, 300])
def test_r27_the_clock_may_differ_by_the_leeway_and_no_more(shape: Shape, skew: int) -> None:
    """R-27: the token's first second and its last one, seen by a clock that is behind or ahead."""
    begins = bearer(iat=forge.NOW - skew, nbf=forge.NOW - skew, exp=forge.NOW - skew + 900)
    assert outcome(shape.event(begins), shape.door())[0] == (200 if skew >= -30 else 401)
    ends = bearer(iat=forge.NOW - skew - 900, nbf=forge.NOW - skew - 900, exp=forge.NOW - skew)
    assert outcome(shape.event(ends), shape.door())[0] == (200 if skew < 30 else 401)
