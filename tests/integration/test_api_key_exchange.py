"""An API key is exchanged for an access token that says no more than key and owner both may (Z-07, Z-18, Z-20)."""

import hmac
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from time_machine import Traveller

from gatepost.access.roles import ADMIN, USER, Role
from local.events import Response
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import LIMITED, NOT_AUTHENTICATED, UNAVAILABLE, WRONG, new_user, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with, user_with_roles
from tests.integration.api_keys import INVALID_API_KEY, ApiKey, new_api_key, present, with_another_secret
from tests.integration.aws_faults import always, broken, faults
from tests.integration.inside import change_user
from tests.opaque import mangled
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, Api, problem


def claims(answer: Response) -> dict[str, Any]:
    """The claims of the token that an exchange answers. Other tests verify it."""
    said: dict[str, Any] = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    return said


@pytest.fixture
def me(stack: Stack) -> Staff:
    """A user who may read and write orders."""
    return user_with(stack, "orders:read", "orders:write")


def test_z07_the_token_says_who_by_which_key_and_what_both_may(stack: Stack, clock: Traveller) -> None:
    me = user_with(stack, "orders:read", "orders:write")
    key = new_api_key(me, "orders:read")
    answer = key.exchange()
    assert answer.status == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    assert answer.header("cache-control") == "no-store"
    said, now = claims(answer), clock.time_ns() // 10**9
    assert len(said.pop("jti")) == 32
    assert said == {
        "iss": ISSUER,
        "sub": me.id,
        "aud": [ISSUER, AUDIENCE],
        "client_id": "gatepost",
        "iat": now,
        "nbf": now,
        "exp": now + 900,
        "sid": key.id,
        "scope": "",
        "roles": [],
        "permissions": ["orders:read"],
        "auth_time": 0,
        "amr": ["api_key"],
        "acr": "0",
        "ver": 0,
    }


@pytest.mark.parametrize(("audience", "aud"), [(ISSUER, [ISSUER]), (OTHER_AUDIENCE, [ISSUER, OTHER_AUDIENCE])])
def test_the_audience_is_as_at_a_sign_in(me: Staff, audience: str, aud: list[str]) -> None:
    key = new_api_key(me, "orders:read")
    assert claims(key.exchange(audience=audience))["aud"] == aud
    assert problem(key.exchange(audience="https://evil.example")) == (400, "invalid_target")


def test_the_profile_that_a_key_reads_says_what_the_key_may(me: Staff) -> None:
    key = new_api_key(me, "orders:read")
    profile = key.api.me(key.access_token()).json()
    assert (profile["id"], profile["roles"], profile["permissions"]) == (me.id, [], ["orders:read"])


def test_a_token_does_not_outlive_its_key(stack: Stack, clock: Traveller) -> None:
    key = new_api_key(new_user(stack), expires_at="2026-11-23T12:05:00Z")
    clock.shift(60)
    answer = key.exchange()
    said = claims(answer)
    assert (answer.json()["expires_in"], said["exp"] - said["iat"]) == (240, 240)
    token = answer.json()["access_token"]
    clock.shift(239)
    assert key.api.me(token).status == 200
    clock.shift(1)
    assert problem(key.api.me(token)) == NOT_AUTHENTICATED  # without the leeway that verifiers have
    assert problem(key.exchange()) == INVALID_API_KEY


def test_j21_what_is_no_key_is_refused_before_any_table_is_read(me: Staff) -> None:
    key = new_api_key(me, "orders:read")
    wrong = [text for text in mangled(key.text) if text]
    wrong += [key.id, f"gp_{key.id}", "x", "gp__", "gp_x_y", "*", key.text.replace("gp_", "GP_"), me.access_token, "é" * 101]
    with recorded() as calls:
        assert {outcome(present(key.api, text)) for text in wrong} == {INVALID_API_KEY}
    assert not calls
    assert key.exchange().status == 200


@pytest.mark.parametrize("body", [None, {}, {"api_key": None}, {"api_key": ""}, {"api_key": 1}, {"api_key": ["x"]}, []])
def test_a_body_without_a_key_is_refused(api: Api, body: Any) -> None:
    assert outcome(api.post("/api-key", body))[0] in (400, 415, 422)


def test_a17_a_key_in_the_query_or_in_a_header_is_none(me: Staff) -> None:
    key = new_api_key(me, "orders:read")
    assert outcome(key.api.call("POST", f"/v1/auth/api-key?api_key={key.text}", {})) == (422, "invalid_request")
    assert outcome(key.api.call("POST", "/v1/auth/api-key", {}, token=key.text)) == (422, "invalid_request")
    assert problem(key.api.me(key.text)) == NOT_AUTHENTICATED
    assert problem(key.api.call("GET", f"/v1/me?api_key={key.text}", headers={"x-api-key": key.text})) == NOT_AUTHENTICATED


def test_z07_a_wrong_key_a_deleted_one_and_one_of_a_disabled_owner_are_answered_alike(stack: Stack, me: Staff) -> None:
    other = user_with(stack, "orders:read")
    wrong, deleted, disabled = new_api_key(me), new_api_key(me), new_api_key(other)
    me.call("DELETE", f"/api-keys/{deleted.id}")
    change_user(me.api, other.id, status="disabled")
    answers = [
        present(wrong.api, with_another_secret(wrong.text)),
        deleted.exchange(),
        disabled.exchange(),
        present(wrong.api, with_another_secret(deleted.text)),
        present(wrong.api, "x"),
    ]
    assert {outcome(answer) for answer in answers} == {INVALID_API_KEY}
    bodies = [{**answer.json(), "request_id": None} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert {answer.header("www-authenticate") for answer in answers} == {"Bearer"}


def test_z20_the_secret_is_compared_by_its_digest_in_constant_time(me: Staff) -> None:
    key = new_api_key(me)
    with patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compared:
        assert outcome(present(key.api, with_another_secret(key.text))) == INVALID_API_KEY
    assert {len(digest) for call in compared.call_args_list for digest in call.args} == {32}


def test_z07_a_role_that_is_taken_away_narrows_the_key_at_once_and_one_that_is_given_widens_it_no_further(stack: Stack) -> None:
    reads, writes = (new_role(stack, Role("", "", (permission,))) for permission in ("orders:read", "*:write"))
    me = user_with_roles(stack, reads, writes)
    key = new_api_key(me, "orders:read", "orders:write")
    token = key.access_token()

    def may() -> list[list[str]]:
        return [key.api.me(token).json()["permissions"], claims(key.exchange())["permissions"]]

    assert may() == [["orders:read", "orders:write"]] * 2
    for roles, expected in (([reads], ["orders:read"]), ([USER], []), ([ADMIN], ["orders:read", "orders:write"])):
        change_user(me.api, me.id, roles=roles)
        assert may() == [expected] * 2


def test_z07_a_wildcard_gives_what_is_left_of_it(stack: Stack) -> None:
    me = administrator(stack)
    key = new_api_key(me, "orders:*")
    change_user(me.api, me.id, roles=[new_role(stack, Role("", "", ("*:read", "users:write")))])
    assert claims(key.exchange())["permissions"] == ["orders:read"]


def test_what_would_be_more_than_a_token_may_carry_is_cut_short(stack: Stack) -> None:
    """50 resources by 50 actions."""
    me = administrator(stack)
    key = new_api_key(me, *(f"resource{number:02}:*" for number in range(50)))
    actions = new_role(stack, Role("", "", tuple(f"*:action{number:02}" for number in range(50))))
    change_user(me.api, me.id, roles=[actions])
    permissions = claims(key.exchange())["permissions"]
    assert len(permissions) == 100
    assert len({permission.partition(":")[0] for permission in permissions}) == 2
    assert key.api.me(key.access_token()).json()["permissions"] == permissions


def test_z02_a_key_gives_no_role_that_permits_more_than_itself(stack: Stack) -> None:
    """The rule of the ladder holds for the key, not for its owner, who may do everything."""
    me = administrator(stack)
    key = new_api_key(me, "roles:assign", "orders:read")
    token = key.access_token(audience=ISSUER)
    small, large = (new_role(stack, Role("", "", (permission,))) for permission in ("orders:read", "orders:write"))
    user = new_user(stack)

    def assign(role: str, user_id: str) -> tuple[int, str]:
        return outcome(key.api.call("PUT", f"/v1/admin/users/{user_id}/roles/{role}", token=token))

    assert assign(large, user.id) == (403, "not_permitted")
    assert assign(small, user.id) == (204, "")
    assert assign(small, me.id) == (403, "not_permitted")  # who holds more than the key


def test_a_token_of_a_key_is_for_the_issuer_alone_where_it_administers(stack: Stack) -> None:
    key = new_api_key(administrator(stack), "roles:read")
    assert problem(key.api.call("GET", "/v1/admin/roles", token=key.access_token())) == NOT_AUTHENTICATED
    assert key.api.call("GET", "/v1/admin/roles", token=key.access_token(audience=ISSUER)).status == 200


def test_the_last_use_is_noted_to_five_minutes(stack: Stack, clock: Traveller) -> None:
    me = new_user(stack)
    key = new_api_key(me)

    def used() -> Any:
        return me.items("/api-keys")[0]["last_used_at"]

    assert used() is None
    key.exchange()
    assert used() == "2026-11-23T12:00:00Z"
    clock.shift(299)
    with recorded() as calls:
        key.exchange()
    assert [call.operation for call in calls if call.operation != "GetItem"] == ["BatchGetItem"]
    assert used() == "2026-11-23T12:00:00Z"
    clock.shift(1)
    present(key.api, with_another_secret(key.text))
    assert used() == "2026-11-23T12:00:00Z"
    key.exchange()
    assert used() == "2026-11-23T12:05:00Z"


def test_a_use_that_cannot_be_noted_is_one_all_the_same(me: Staff) -> None:
    key = new_api_key(me, "orders:read")
    with faults(always("UpdateItem USER SET", broken)):
        answer = key.exchange()
    assert answer.status == 200
    assert key.api.me(answer.json()["access_token"]).status == 200


def test_wrong_keys_are_limited_by_client_and_hold_up_neither_right_ones_nor_people(stack: Stack, clock: Traveller) -> None:
    me = new_user(stack)
    key = new_api_key(me)
    wrong = with_another_secret(key.text)
    assert {outcome(present(key.api, wrong)) for _ in range(50)} == {INVALID_API_KEY}
    answer = present(key.api, wrong)
    assert problem(answer) == LIMITED
    assert int(answer.header("retry-after") or 0) >= 60
    assert len([event for event in me.trail() if event["event"] == "api_key.refused"]) == 50
    assert key.exchange().status == 200
    assert key.api.login(me.email).status == 200
    assert outcome(present(Api(stack), wrong)) == INVALID_API_KEY
    clock.shift(900)
    assert outcome(present(key.api, wrong)) == INVALID_API_KEY


def test_failed_sign_ins_hold_up_no_key(stack: Stack) -> None:
    me = new_user(stack)
    key = new_api_key(me)
    for _ in range(11):
        key.api.login(me.email, WRONG)
    assert problem(key.api.login(me.email)) == LIMITED
    assert key.exchange().status == 200


def test_a_failure_of_ours_counts_against_nobody(me: Staff) -> None:
    key = new_api_key(me)
    wrong = with_another_secret(key.text)
    with faults(always("PutItem", broken)):
        assert {outcome(present(key.api, wrong)) for _ in range(51)} == {UNAVAILABLE}
    assert outcome(present(key.api, wrong)) == INVALID_API_KEY


def test_several_keys_of_a_user_go_on_side_by_side(me: Staff) -> None:
    keys: list[ApiKey] = [new_api_key(me, "orders:read"), new_api_key(me, "orders:write")]
    tokens = [key.access_token() for key in keys]
    me.call("DELETE", f"/api-keys/{keys[0].id}")
    assert [key.api.me(token).status for key, token in zip(keys, tokens, strict=True)] == [401, 200]
