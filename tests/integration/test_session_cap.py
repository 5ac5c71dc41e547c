"""The optional cap on the sessions of a user: a new sign-in ends the oldest (S-23)."""

from collections.abc import Iterator

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.integration.accounts import User, deployed_with, is_revoked, mailed_reset, new_user, reset
from tests.integration.inside import events_of
from tests.support import PARAMETERS, ROOT, Api

CAP = 3


@pytest.fixture
def capped(stack: Stack, clock: Traveller) -> Iterator[Stack]:
    """The service with a cap of three sessions."""
    with deployed_with(stack, max_sessions=str(CAP)):
        yield stack


def signed_in(stack: Stack, clock: Traveller, times: int) -> list[User]:
    """Sign a user in so often, a minute apart; return the sessions, oldest first."""
    found = [new_user(stack)]
    for number in range(1, times):
        clock.shift(60)
        found.append(found[0].login(device_name=f"device {number}"))
    return found


def test_s23_up_to_the_cap_every_session_goes_on(capped: Stack, clock: Traveller) -> None:
    sessions = signed_in(capped, clock, CAP)
    assert [session.lives() for session in sessions] == [True] * CAP


def test_s23_a_sign_in_beyond_it_ends_the_oldest_and_puts_it_onto_the_list(capped: Stack, clock: Traveller) -> None:
    sessions = signed_in(capped, clock, CAP + 2)
    expected = [False, False, True, True, True]
    assert [is_revoked(session) for session in sessions] == [not lives for lives in expected]
    assert sorted(listed["id"] for listed in sessions[-1].sessions()) == sorted(session.session_id for session in sessions[2:])
    assert [session.lives() for session in sessions] == expected


def test_s23_the_oldest_is_the_one_signed_in_first_however_much_it_is_used(capped: Stack, clock: Traveller) -> None:
    sessions = signed_in(capped, clock, CAP)
    sessions[0] = sessions[0].refreshed()
    clock.shift(60)
    newest = sessions[0].login()
    assert [session.lives() for session in (*sessions, newest)] == [False, True, True, True]


def test_s23_the_newest_sign_in_is_never_the_one_that_ends(capped: Stack, clock: Traveller) -> None:
    """Also where others are of the same second: who has just signed in is signed in."""
    user = new_user(capped)
    for _ in range(12):
        clock.shift(0.002)
        newest = user.login()
        assert newest.api.me(newest.access_token).status == 200
        assert len(newest.sessions()) <= CAP


def test_s23_sessions_that_are_over_do_not_count(capped: Stack, clock: Traveller) -> None:
    """Signed out of, ended by a reset, or expired."""
    sessions = signed_in(capped, clock, CAP)
    sessions[1].api.post("/logout", {"refresh_token": sessions[1].refresh_token})
    clock.shift(60)
    fourth = sessions[0].login()
    assert [session.api.me(session.access_token).status for session in (sessions[0], sessions[2], fourth)] == [200] * 3
    reset(fourth.api, mailed_reset(fourth.api, fourth.email), "one more passphrase")
    after = []
    for _ in range(CAP):
        clock.shift(60)
        after.append(fourth.login("one more passphrase"))
    assert [session.lives() for session in after] == [True] * CAP
    clock.shift(30 * 86_400)
    again = fourth.login("one more passphrase")
    assert [listed["id"] for listed in again.sessions()] == [again.session_id]


def test_s23_one_users_sessions_end_no_others(capped: Stack, clock: Traveller) -> None:
    bystander = new_user(capped)
    signed_in(capped, clock, CAP + 2)
    assert bystander.lives()


def test_s23_the_trail_says_which_sign_in_ended_a_session(capped: Stack, clock: Traveller) -> None:
    """Every end of a session is an event: its owner may wonder why a device was signed out."""
    sessions = signed_in(capped, clock, CAP + 1)
    events = events_of(sessions[-1].api, sessions[-1].id)
    assert events.count("sign_in.succeeded") == CAP
    assert len([event for event in events if event.startswith("session.")]) == 1


def test_s23_without_a_cap_there_may_be_any_number(stack: Stack, clock: Traveller) -> None:
    sessions = signed_in(stack, clock, 8)
    assert len(sessions[-1].sessions()) == 8


def test_s23_the_cap_is_a_parameter_of_the_template(stack: Stack) -> None:
    """And holds in a stack that was deployed with it."""
    parameters = PARAMETERS | {"MaxSessions": "1"}
    with Stack(ROOT / "template.yaml", stack._mailbox, name="capped", parameters=parameters) as other:
        first = new_user(other)
        second = first.login()
        assert [listed["id"] for listed in second.sessions()] == [second.session_id]
        assert Api(other).me(first.access_token).status == 401
