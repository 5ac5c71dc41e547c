"""API keys that are made, used and deleted at once: no more than allowed, one for one Idempotency-Key, none that outlives its
end (R-29, R-39, Z-07, Z-12).
"""

import pytest

from gatepost.audit import Event
from gatepost.revocations import hashed
from gatepost.storage import keys
from local.events import Response
from local.stack import Stack
from tests.dynamodb.support import at_once, events, split
from tests.dynamodb.wire import TRANSACTION, Call, Wire
from tests.integration.accounts import NOT_AUTHENTICATED, User, new_user, revocations
from tests.integration.api_keys import INVALID_API_KEY, ApiKey, ask_for_api_key, new_api_key
from tests.integration.inside import change_user
from tests.support import problem

pytestmark = pytest.mark.dynamodb

READING_KEY = Call("BatchGetItem", b"API_KEY#")
NOTING_USE = Call("UpdateItem", b"API_KEY#")
IDEMPOTENT = {"idempotency-key": "one"}
CONFLICT = (409, "conflict")


@pytest.fixture
def user(stack: Stack) -> User:
    """A user without keys."""
    return new_user(stack)


def held(user: User) -> list[str]:
    """The sort keys of what the Users table holds of the user."""
    partition = keys.user(user.id)["pk"]
    return [item["sk"] for item in user.api.table("UsersTable") if item["pk"] == partition]


def delete(user: User, key: ApiKey) -> Response:
    answer = user.call("DELETE", f"/api-keys/{key.id}")
    assert answer.status == 204
    return answer


def test_r29_of_12_keys_at_once_as_many_are_made_as_there_is_room_for(user: User, wire: Wire) -> None:
    for _ in range(20):
        new_api_key(user)
    with wire.meeting(12, TRANSACTION):
        made, refused = split(at_once([lambda: ask_for_api_key(user)] * 12))
    # DynamoDB may refuse one as a conflict for as long as another is at the same item; it says nothing was done then.
    assert set(refused) <= {(409, "too_many_api_keys"), (503, "temporarily_unavailable")}
    assert len(user.items("/api-keys")) == 20 + len(made) <= 25
    while ask_for_api_key(user).status == 201:
        pass
    assert len(user.items("/api-keys")) == 25


def test_r39_of_12_creations_at_once_with_one_idempotency_key_one_makes_the_key(user: User, wire: Wire) -> None:
    with wire.meeting(12, TRANSACTION):
        made, refused = split(at_once([lambda: ask_for_api_key(user, headers=IDEMPOTENT)] * 12))
    assert {status for status, _ in refused} <= {503}
    assert len({answer.json()["id"] for answer in made}) == 1
    assert len([answer for answer in made if answer.json()["api_key"]]) == 1
    assert len(user.items("/api-keys")) == 1
    assert events(user.api, user.id).count(Event.API_KEY_CREATED) == 1


def test_r08_a_creation_whose_answer_is_lost_still_shows_its_key(user: User, wire: Wire) -> None:
    with wire.losing_answers(TRANSACTION, 1):
        answer = ask_for_api_key(user)
    assert (answer.status, bool(answer.json()["api_key"])) == (201, True)


def test_z07_an_exchange_that_a_deletion_overtakes_is_refused(user: User, wire: Wire) -> None:
    key = new_api_key(user)
    with wire.in_the_midst(READING_KEY, lambda: delete(user, key)):
        assert problem(key.exchange()) == INVALID_API_KEY


@pytest.mark.parametrize("call", [NOTING_USE, READING_KEY])
def test_z07_a_token_that_is_issued_while_its_key_is_deleted_is_dead_everywhere(user: User, wire: Wire, call: Call) -> None:
    """Deleted after the key was read: the token is on the revocation list, and no key comes back by the note of its use."""
    key = new_api_key(user)
    with wire.in_the_midst(call, lambda: delete(user, key), answered=call is READING_KEY):
        answer = key.exchange()
    assert answer.status == 200
    assert problem(key.api.me(answer.json()["access_token"])) == NOT_AUTHENTICATED
    assert hashed(key.id) in revocations(user.api)["sessions"]
    assert held(user) == ["PROFILE"]


def test_z07_after_20_exchanges_and_a_deletion_at_once_no_token_works(user: User, wire: Wire) -> None:
    key = new_api_key(user)
    with wire.meeting(21, READING_KEY, TRANSACTION):
        answers = at_once([key.exchange] * 20 + [lambda: delete(user, key)])
    exchanged, refused = split(answers[:-1])
    assert set(refused) <= {INVALID_API_KEY}
    tokens = [answer.json()["access_token"] for answer in exchanged]
    assert {problem(key.api.me(token)) for token in tokens} <= {NOT_AUTHENTICATED}
    assert problem(key.exchange()) == INVALID_API_KEY


def test_a_key_is_deleted_once_however_often_at_once(user: User, wire: Wire) -> None:
    key = new_api_key(user)
    with wire.meeting(8, TRANSACTION):
        gone, refused = split(at_once([lambda: user.call("DELETE", f"/api-keys/{key.id}")] * 8))
    assert len(gone) == 1
    assert set(refused) <= {(404, "not_found"), (503, "temporarily_unavailable")}
    assert events(user.api, user.id).count(Event.API_KEY_DELETED) == 1


@pytest.mark.parametrize("end", ["sign-out", "password change elsewhere", "end of others elsewhere", "role change", "disabled"])
def test_z07_who_is_signed_out_or_changed_meanwhile_makes_no_key(user: User, wire: Wire, end: str) -> None:
    """Else a thief's session would leave a key behind that outlives it."""
    elsewhere = user.login()
    ends = {
        "sign-out": lambda: user.api.post("/logout", {"refresh_token": user.refresh_token}),
        "password change elsewhere": lambda: elsewhere.change_password(user.password),
        "end of others elsewhere": lambda: elsewhere.call("DELETE", "/sessions"),
        "role change": lambda: change_user(user.api, user.id, roles=[], version=1),
        "disabled": lambda: change_user(user.api, user.id, status="disabled"),
    }
    with wire.in_the_midst(TRANSACTION, ends[end]):
        answer = ask_for_api_key(user)
    assert problem(answer) == CONFLICT
    assert not [
        item for item in user.api.table("UsersTable") if item["pk"] == keys.user(user.id)["pk"] and "API_KEY" in item["sk"]
    ]


def test_z12_an_account_that_gets_a_key_while_it_is_erased_keeps_both_or_neither(user: User, wire: Wire) -> None:
    elsewhere = user.login()
    with wire.in_the_midst(TRANSACTION, lambda: ask_for_api_key(elsewhere)):
        refused = elsewhere.call("DELETE", "")
    assert problem(refused) == NOT_AUTHENTICATED
    assert len(user.items("/api-keys")) == 1
    assert user.call("DELETE", "").status == 204
    assert held(user) == []
