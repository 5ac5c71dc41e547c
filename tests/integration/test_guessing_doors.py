"""Guessing at passwords: one count for an account and one for a client, over every door that takes one (I-18, I-19, I-20)."""

from itertools import cycle, islice

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.calls import hashed
from tests.integration.accounts import (
    LIMITED,
    NEW_PASSWORD,
    REFUSED,
    UNAVAILABLE,
    WRONG,
    User,
    forgot,
    mailed_reset,
    new_user,
    outcome,
    reset,
    verify,
)
from tests.integration.aws_faults import always, broken, faults, no_connection, throttled
from tests.integration.doors import NAMES, SUCCESSES, Doors
from tests.support import Api, new_email, problem

QUARTER = 900


@pytest.mark.parametrize("door", NAMES)
def test_i19_ten_failures_at_one_door_close_all_of_them(stack: Stack, clock: Traveller, door: str) -> None:
    """To the right password too, and without a look at it; who has a session goes on."""
    doors = Doors.of(new_user(stack))
    for _ in range(10):
        assert problem(doors.open(door, WRONG)) == REFUSED
    with hashed() as hashes:
        for other in NAMES:
            answer = doors.open(other, doors.user.password)
            assert outcome(answer) == LIMITED, other
            assert answer.header("retry-after") == str(QUARTER)
    assert not hashes
    assert doors.user.lives()


def test_i19_failures_at_all_doors_add_up(stack: Stack, clock: Traveller) -> None:
    doors = Doors.of(new_user(stack))
    for door in islice(cycle(NAMES), 10):
        assert problem(doors.open(door, WRONG)) == REFUSED
        clock.shift(1)
    assert {outcome(doors.open(door, doors.user.password)) for door in NAMES} == {LIMITED}
    clock.shift(QUARTER)
    assert doors.open("login", doors.user.password).status == 200


@pytest.mark.parametrize("door", NAMES)
def test_i18_i19_a_right_password_at_any_door_counts_as_nothing_and_resets_nothing(
    stack: Stack, clock: Traveller, door: str
) -> None:
    doors = Doors.of(new_user(stack))
    for _ in range(9):
        assert problem(doors.open("login", WRONG)) == REFUSED
    assert doors.open(door, doors.user.password).status == SUCCESSES[door]
    if door in ("erase", "verify"):
        return  # there's no such account any more, or it has another address now, which was never guessed at
    right = NEW_PASSWORD if door == "password" else doors.user.password
    assert Api(stack).login(doors.user.email, right).status == 200
    assert problem(Api(stack).login(doors.user.email, WRONG)) == REFUSED
    assert problem(Api(stack).login(doors.user.email, right)) == LIMITED


def test_i18_an_account_that_was_guessed_at_keeps_its_count_over_an_erasure(stack: Stack) -> None:
    """Else who is let in by a fresh sign-in could start the count again for whoever registers the address next."""
    user = new_user(stack)
    for _ in range(10):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    assert user.call("DELETE").status == 204
    assert problem(Api(stack).login(user.email, WRONG)) == LIMITED


def test_i18_100_failures_on_one_account_from_100_clients_are_limited(stack: Stack) -> None:
    """NIST SP 800-63B-4: at most 100 in a row; here at most 10 in 15 minutes."""
    user = new_user(stack)
    outcomes = [problem(Api(stack).login(user.email, f"{WRONG} {number}")) for number in range(100)]
    assert outcomes == [REFUSED] * 10 + [LIMITED] * 90
    assert problem(user.api.login(user.email)) == LIMITED
    # The clients are free at other accounts.
    assert new_user(stack).login().lives()


def test_i18_one_password_on_100_accounts_from_one_client_is_limited(stack: Stack) -> None:
    """Some exist and some don't, and nothing tells which; their owners, elsewhere, notice nothing."""
    users, attacker = [new_user(stack) for _ in range(4)], Api(stack)
    emails = [user.email for user in users[:2]] + [new_email() for _ in range(96)] + [user.email for user in users[2:]]
    outcomes = [problem(attacker.login(email, WRONG)) for email in emails]
    assert outcomes == [REFUSED] * 50 + [LIMITED] * 50
    assert [user.login().lives() for user in users] == [True] * 4


def test_i18_a_good_sign_in_of_the_attackers_own_account_resets_no_count_of_the_client(stack: Stack) -> None:
    own, attacker = new_user(stack), Api(stack)
    for number in range(50):
        assert problem(attacker.login(new_email(), WRONG)) == REFUSED
        if number % 10 == 9 and number < 49:
            assert attacker.login(own.email).status == 200
    assert problem(attacker.login(new_email(), WRONG)) == LIMITED
    assert problem(attacker.login(own.email)) == LIMITED


def test_i18_a_client_is_limited_over_all_doors_and_accounts(stack: Stack) -> None:
    """Each account nine times, which limits none of them."""
    users, attacker = [new_user(stack) for _ in range(6)], Api(stack)
    outcomes = []
    for user in users:
        here = User(attacker, user.email, user.password, user.signed_in)
        outcomes += [problem(here.change_password(WRONG)) for _ in range(3)]
        outcomes += [problem(here.change_email(new_email(), WRONG)) for _ in range(3)]
        outcomes += [problem(here.erase(WRONG)) for _ in range(3)]
    assert outcomes == [REFUSED] * 50 + [LIMITED] * 4
    assert problem(attacker.login(users[0].email)) == LIMITED
    assert users[0].change_password(users[0].password).status == 204


def test_i20_a_limit_on_an_account_stops_neither_its_sessions_nor_a_reset(stack: Stack) -> None:
    user = new_user(stack)
    for _ in range(10):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    user = user.refreshed()
    assert user.call("PATCH", "", {"name": "Ada"}).status == 200
    assert user.call("DELETE", "/sessions").status == 204
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
    assert user.login(NEW_PASSWORD).lives()


def test_i20_a_limited_address_is_no_oracle_for_its_account(stack: Stack, clock: Traveller) -> None:
    """Nor are requests for a new password, which is answered alike all along."""
    told = []
    for email in (new_user(stack).email, new_email()):
        answers = [Api(stack).login(email, WRONG) for _ in range(12)]
        answers += [forgot(Api(stack), email), Api(stack).login(email, WRONG), Api(stack).register(email)]
        told.append([(answer.status, answer.header("retry-after"), answer.header("content-length")) for answer in answers])
    assert told[0] == told[1]


FAILURES = {"broken": broken, "throttled": throttled, "no connection": no_connection}


@pytest.mark.parametrize("fault", FAILURES)
@pytest.mark.parametrize("door", NAMES)
def test_r31_without_the_store_of_the_limits_nobody_guesses(stack: Stack, door: str, fault: str) -> None:
    """Fails closed: 503, no look at the password, right or wrong."""
    doors = Doors.of(new_user(stack))
    with faults(always("UpdateItem", FAILURES[fault])), hashed() as hashes:
        answers = [doors.open(door, password) for password in [WRONG, doors.user.password] * 10]
    assert [problem(answer) for answer in answers] == [UNAVAILABLE] * 20
    assert all(int(answer.header("retry-after") or 0) >= 1 for answer in answers)
    assert not hashes
    assert doors.open(door, doors.user.password).status == SUCCESSES[door]


@pytest.mark.parametrize("limit", ["LIMIT#account", "LIMIT#address"])
@pytest.mark.parametrize("door", NAMES)
def test_r31_without_one_of_two_limits_nobody_guesses_either(stack: Stack, door: str, limit: str) -> None:
    doors = Doors.of(new_user(stack))
    with faults(always(f"UpdateItem {limit} ADD", broken)), hashed() as hashes:
        assert problem(doors.open(door, doors.user.password)) == UNAVAILABLE
    assert not hashes


def test_r31_without_the_store_of_the_limits_nobody_registers_or_has_mails_sent(stack: Stack) -> None:
    user = new_user(stack)
    mails = len(user.api.mails(user.email))
    with faults(always("UpdateItem", broken)), hashed() as hashes:
        answers = [user.api.register(new_email()), forgot(user.api, user.email)]
        answers += [user.api.post("/resend-verification", {"email": new_email()})]
    assert [problem(answer) for answer in answers] == [UNAVAILABLE] * 3
    assert not hashes
    assert len(user.api.mails(user.email)) == mails


def test_i19_wrong_passwords_at_a_registration_and_at_the_account_it_becomes_add_up(stack: Stack) -> None:
    api, email = Api(stack), new_email()
    api.register(email)
    token = api.mailed_token(email)
    for _ in range(6):
        assert problem(verify(Api(stack), token, WRONG)) == REFUSED
    assert verify(api, token).status == 200
    for _ in range(4):
        assert problem(Api(stack).login(email.upper(), WRONG)) == REFUSED
    assert problem(Api(stack).login(email)) == LIMITED
