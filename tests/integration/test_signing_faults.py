"""R-22: signing while KMS or the table of keys fails, in a process that has its key and in one that hasn't."""

import itertools

import jwt
import pytest
from time_machine import Traveller

from gatepost.signing import ring
from local.stack import Stack
from tests.integration.accounts import UNAVAILABLE, User, new_user, outcome
from tests.integration.aws_faults import Fault, always, broken, error, faults, no_connection, throttled
from tests.integration.inside import forget_rotation, fresh_process
from tests.support import Api

FAULTS: dict[str, Fault] = {
    "throttled": throttled,
    "broken": broken,
    "denied": error("AccessDeniedException"),
    "disabled": error("DisabledException"),
    "to be deleted": error("KMSInvalidStateException"),
    "gone": no_connection,
}
_days = itertools.count(1)


@pytest.fixture
def user(stack: Stack, clock: Traveller) -> User:
    """A user, on a day that no other test has: what the processes remember is old by then."""
    clock.shift(86_400 * next(_days))
    forget_rotation(stack)
    return new_user(stack)


def published(stack: Stack) -> list[str]:
    return [key["kid"] for key in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"]]


def kid_of(user: User) -> str:
    header = jwt.get_unverified_header(user.access_token)
    assert (header["alg"], header["typ"]) == ("RS256", "at+jwt")
    return str(header["kid"])


@pytest.mark.parametrize("fault", FAULTS)
def test_r22_a_process_without_its_key_answers_503_and_makes_none(user: User, stack: Stack, fault: str) -> None:
    """Nothing is lost: the next try signs in, with the key that was there."""
    before = published(stack)
    with fresh_process(stack):
        with faults(always("Decrypt", FAULTS[fault])) as attempts:
            assert outcome(user.api.login(user.email)) == UNAVAILABLE
            assert outcome(user.api.refresh(user.refresh_token)) == UNAVAILABLE
            assert published(stack) == before  # who verifies needs no KMS
            assert user.api.me(user.access_token).status == 200
        assert not {"Encrypt", "GenerateDataKeyPair"} & {attempt.operation for attempt in attempts}
        assert kid_of(user.login()) == before[0]
        assert user.refreshed().lives()


@pytest.mark.parametrize("fault", FAULTS)
def test_r22_a_process_that_has_its_key_needs_no_kms(user: User, stack: Stack, clock: Traveller, fault: str) -> None:
    with faults(always("Decrypt", FAULTS[fault])):
        for _ in range(3):
            clock.shift(3600)
            assert kid_of(user.login()) == published(stack)[0]


@pytest.mark.parametrize("fault", FAULTS)
def test_r22_no_rotation_happens_while_kms_fails(user: User, stack: Stack, clock: Traveller, fault: str) -> None:
    before = published(stack)
    clock.shift(ring.ROTATION_PERIOD)
    with (
        faults(
            always("Encrypt", FAULTS[fault]),
        ),
        pytest.raises(Exception, match="can't answer right now"),
    ):
        stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})
    assert published(stack) == before


def test_r22_where_kms_fails_after_a_rotation_the_retired_key_signs_for_a_minute_and_no_longer(
    user: User, stack: Stack, clock: Traveller
) -> None:
    old, new = published(stack)
    clock.shift(ring.ROTATION_PERIOD)
    me = new_user(stack)
    stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})
    with faults(always("Decrypt", throttled)):
        clock.shift(59)
        assert kid_of(me.login()) == old
        clock.shift(1)
        assert outcome(user.api.login(me.email)) == UNAVAILABLE
    assert kid_of(me.login()) == new


@pytest.mark.parametrize("fault", [broken, throttled, no_connection])
def test_r22_where_the_ring_can_not_be_read_its_keys_go_on_for_a_minute(
    user: User, stack: Stack, clock: Traveller, fault: Fault
) -> None:
    with faults(always("GetItem RING", fault)):
        clock.shift(59)
        assert user.login().lives()
        clock.shift(1)
        assert outcome(user.api.login(user.email)) == UNAVAILABLE
        assert outcome(user.api.me(user.access_token)) == UNAVAILABLE
    assert user.login().lives()
