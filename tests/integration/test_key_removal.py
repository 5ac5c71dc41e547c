"""Z-15: an operator removes a signing key that mustn't be trusted any more. The keys function does it at once."""

import itertools
from typing import Any

import jwt
import pytest
from time_machine import Traveller

from gatepost.audit import Event
from gatepost.aws.clients import client
from gatepost.revocations import hashed
from gatepost.signing.ring import REMOVED_LISTED
from gatepost.storage import signing_keys
from gatepost.storage.table import Database
from gatepost_verifier import TokenRevoked, UnknownKey, Verifier
from local.stack import Stack
from tests.integration.accounts import revocations
from tests.integration.administrators import Staff, administrator
from tests.integration.aws_faults import Fault, Send, always, broken, faults, lost_answer, no_connection, throttled, times
from tests.integration.inside import forget_rotation, fresh_process
from tests.issuer import reachable
from tests.support import AUDIENCE, ISSUER, Api, problem

OPERATOR = "arn:aws:sts::123456789012:assumed-role/operators/ada"
CALLER = {"operator": OPERATOR, "ip": "192.0.2.7", "user_agent": "gatepost", "request_id": "a-removal"}
_days = itertools.count(1)
DONE: dict[str, Any] = {"refused": None}
VERIFIER = {"GATEPOST_ISSUER": ISSUER, "GATEPOST_AUDIENCE": AUDIENCE}


@pytest.fixture
def me(stack: Stack, clock: Traveller) -> Staff:
    """An administrator of a service with a key that signs and a young one that stands by.

    On a day that no other test has: what the processes remember is old by then.
    """
    clock.shift(86_400 * next(_days))
    forget_rotation(stack)
    return administrator(stack)


def remove(stack: Stack, kid: str, **changes: str) -> Any:
    return stack.functions["KeysFunction"].invoke({"remove": kid, "asked_by": {**CALLER, **changes}})


def kids(me: Staff) -> dict[str, str]:
    """The keys by their state."""
    ring = signing_keys.read(Database(client("dynamodb")), me.api.table_name("KeysTable"))
    return {key.state: key.kid for key in ring.keys}


def published(stack: Stack) -> list[str]:
    return [key["kid"] for key in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"]]


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def events(api: Api) -> list[dict[str, Any]]:
    return [item for item in api.table("AuditTable") if item["event"] == Event.KEY_REMOVED]


def test_z15_the_key_that_signs_is_gone_at_once_and_the_standby_signs(me: Staff, stack: Stack, clock: Traveller) -> None:
    stolen, standby = kids(me)["signing"], kids(me)["standby"]
    with fresh_process(stack):
        user = me.api.login(me.email).json()
        assert remove(stack, stolen) == DONE
        # A warm process, which hasn't heard of it.
        assert me.api.me(user["access_token"]).status == 200
        assert kid_of(me.api.login(me.email).json()["access_token"]) == stolen
        clock.shift(60)
        assert problem(me.api.me(user["access_token"])) == (401, "invalid_access_token")
        # Its session lives on: whoever refreshes has a token by the other key.
        refreshed = me.api.refresh(user["refresh_token"])
        assert refreshed.status == 200
        assert kid_of(refreshed.json()["access_token"]) == standby
        assert me.api.me(refreshed.json()["access_token"]).status == 200
    after = kids(me)
    assert after["signing"] == standby
    assert after["standby"] not in (stolen, standby)  # a new one ages from now on
    assert set(published(stack)) == set(after.values())


def test_z15_where_all_keys_were_stolen_the_standby_goes_first_and_then_the_one_that_signs(me: Staff, stack: Stack) -> None:
    before = kids(me)
    assert remove(stack, before["standby"], request_id="first") == DONE
    assert remove(stack, before["signing"], request_id="second") == DONE
    assert len(published(stack)) == 2
    assert not set(published(stack)) & set(before.values())


def test_z15_verifiers_that_still_have_the_key_refuse_it_by_the_revocation_list(
    me: Staff, stack: Stack, clock: Traveller
) -> None:
    user = Api(stack)
    with reachable(stack):
        verifier, token = Verifier.from_environment(VERIFIER), user.sign_up()["access_token"]
        assert verifier.verify(token)
        assert verifier.revocations
        etag = user.call("GET", "/.well-known/gatepost/revocations").header("etag")
        stolen = kid_of(token)
        remove(stack, stolen)
        clock.shift(60)  # every process of the service has read the ring
        assert hashed(stolen) in revocations(user)["keys"]
        assert user.call("GET", "/.well-known/gatepost/revocations").header("etag") != etag
        with pytest.raises(UnknownKey):
            Verifier.from_environment(VERIFIER).verify(token)
        # This one has the key for an hour, and the list until it asks again.
        assert verifier.verify(token)
        verifier.revocations.max_age = 0
        verifier.revocations._cool_down = 0
        with pytest.raises(TokenRevoked):
            verifier.verify(token)
        assert verifier.verify(user.sign_up()["access_token"])
    clock.shift(REMOVED_LISTED)
    assert revocations(user).keys() == {"sessions", "users", "complete"}


def test_z14_a_removal_leaves_one_event_with_the_operator_and_the_key(me: Staff, stack: Stack) -> None:
    before, kid = events(me.api), kids(me)["standby"]
    remove(stack, kid)
    remove(stack, kid)
    (event,) = (item for item in events(me.api) if item not in before)
    assert (event["actor_id"], event["kid"], event["ip"]) == (OPERATOR, kid, "192.0.2.7")
    assert (event["user_agent"], event["request_id"], event["result"]) == ("gatepost", "a-removal", "success")
    assert "user_id" not in event
    shown = me.admin("GET", f"/audit?event={Event.KEY_REMOVED}").json()["items"]
    (found,) = (each for each in shown if each["id"] == event["id"])
    assert (found["actor_id"], found["kid"], found["user_id"]) == (OPERATOR, kid, None)


def test_a_key_that_is_not_there_is_told_of_and_nothing_changes(me: Staff, stack: Stack) -> None:
    """The operator must not believe that a misspelt key is gone."""
    before, left = published(stack), len(events(me.api))
    for kid in ("0" * 32, "", "RING#ACCESS_TOKEN", "\x00"):
        assert remove(stack, kid) == {"refused": "not_found"}
    assert published(stack) == before
    stolen = kids(me)["standby"]
    assert remove(stack, stolen) == DONE
    assert remove(stack, stolen, request_id="another") == {"refused": "not_found"}
    assert len(events(me.api)) == left + 1


@pytest.mark.parametrize("what", ["TransactWriteItems", "GetItem RING"])
@pytest.mark.parametrize("fault", [broken, throttled, no_connection])
def test_r22_a_removal_that_fails_changes_nothing_and_the_next_try_does_it(
    me: Staff, stack: Stack, what: str, fault: Fault
) -> None:
    before, kid, left = published(stack), kids(me)["signing"], len(events(me.api))
    with faults(always(what, fault)), pytest.raises(Exception, match="can't answer right now"):
        remove(stack, kid)
    assert (published(stack), len(events(me.api))) == (before, left)
    assert remove(stack, kid) == DONE


@pytest.mark.parametrize("fault", [broken, throttled, no_connection])
def test_r22_kms_is_not_needed_to_remove_a_key_and_the_schedule_makes_the_standby(
    me: Staff, stack: Stack, fault: Fault
) -> None:
    before = kids(me)
    with faults(always("Encrypt", fault)):
        assert remove(stack, before["signing"]) == DONE
        assert published(stack) == [before["standby"]]
    stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})
    assert published(stack)[0] == before["standby"]
    assert len(published(stack)) == 2
    with faults(always("Encrypt", fault)):
        remove(stack, published(stack)[1], request_id="second")
        with pytest.raises(Exception, match="can't answer right now"):
            remove(stack, before["standby"], request_id="third")  # the last one needs another in its place
        assert published(stack) == [before["standby"]]
    stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})


def test_r08_a_removal_whose_answer_is_lost_is_done_once_and_not_refused(me: Staff, stack: Stack) -> None:
    stolen, left = kids(me)["signing"], len(events(me.api))
    with faults(times(1, "TransactWriteItems", lost_answer)):
        assert remove(stack, stolen) == DONE
    assert remove(stack, stolen) == DONE  # Lambda's client asks again
    assert len(events(me.api)) == left + 1
    assert len(published(stack)) == 2


def test_a_removal_goes_on_where_others_change_the_ring_meanwhile(me: Staff, stack: Stack) -> None:
    def overtaken(send: Send) -> Any:
        forget_rotation(stack)
        return send()

    stolen = kids(me)["signing"]
    with faults(times(3, "TransactWriteItems", overtaken)):
        assert remove(stack, stolen) == DONE
    assert stolen not in published(stack)
    stolen = kids(me)["signing"]
    with faults(times(4, "TransactWriteItems", overtaken)):
        assert remove(stack, stolen, request_id="another") == {"refused": "conflict"}
    assert stolen in published(stack)
