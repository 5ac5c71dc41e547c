"""Attempts at a registration: several side by side, the first verified by its own password wins (I-01), and none of them
is an account before (I-07).
"""

import pytest
from time_machine import Traveller

from tests.calls import failing
from tests.integration.aws_faults import faults, lost_answer, times
from tests.integration.limited import client_that_registered_too_often
from tests.integration.tables import items
from tests.support import Api, new_email, problem

HOUR = 3600

Attempt = tuple[str, str]  # the token that was mailed, and the password


def attempt(api: Api, email: str, number: int) -> Attempt:
    """Register; return what the owner of the mailbox and whoever registered know together."""
    mails = len(api.mails(email))
    password = f"the password of attempt {number}"
    assert api.register(email, password).status == 202
    assert len(api.mails(email)) == mails + 1
    return api.mailed_token(email), password


def verify(api: Api, token: str, password: str) -> tuple[int, str]:
    answer = api.post("/verify-email", {"token": token, "password": password})
    return (200, "authenticated") if answer.status == 200 else problem(answer)


def stands(api: Api, made: Attempt) -> bool:
    """Whether an attempt could be verified: a wrong password is refused as such, and leaves the token as it was."""
    outcome = verify(api, made[0], "certainly another password")
    assert outcome in ((401, "invalid_credentials"), (400, "invalid_token"))
    return outcome[0] == 401


@pytest.mark.parametrize("winner", range(5))
def test_i01_of_five_attempts_the_first_verified_by_its_own_password_wins(api: Api, winner: int) -> None:
    email = new_email()
    made = [attempt(api, email, number) for number in range(5)]
    assert len({token for token, _ in made}) == 5
    others = [other for other in made if other != made[winner]]
    for token, _ in others:
        assert verify(api, token, made[winner][1]) == (401, "invalid_credentials")

    assert verify(api, *made[winner]) == (200, "authenticated")

    for token, password in others:
        assert verify(api, token, password) == (400, "invalid_token")
    assert verify(api, *made[winner]) == (400, "invalid_token")
    assert api.login(email, made[winner][1]).status == 200
    assert [api.login(email, password).status for _, password in others] == [401] * 4
    assert len(items(api, "UsersTable", "email = :email", email=email)) == 2  # the user and the claim


def test_i01_verifying_leaves_no_attempt_behind(api: Api) -> None:
    email = new_email()
    made = [attempt(api, email, number) for number in range(3)]
    assert len(items(api, "SessionsTable", "email = :email", email=email)) == 3
    assert verify(api, *made[1]) == (200, "authenticated")
    assert not items(api, "SessionsTable", "email = :email", email=email)


def test_i01_the_sixth_of_an_hour_is_answered_alike_mails_nothing_and_kills_nothing(api: Api, clock: Traveller) -> None:
    email = new_email()
    first = api.register(email, "the password of attempt 0")
    made = [(api.mailed_token(email), "the password of attempt 0"), *(attempt(api, email, number) for number in range(1, 5))]
    clock.shift(HOUR - 1)
    sixth = api.register(email, "the password of attempt 5")
    assert (sixth.status, sixth.body) == (first.status, first.body)
    assert len(api.mails(email)) == 5
    assert all(stands(api, each) for each in made)
    assert verify(api, *made[0]) == (200, "authenticated")
    assert api.login(email, "the password of attempt 5").status == 401


def test_i01_the_sixth_attempt_an_hour_later_takes_the_place_of_the_oldest(api: Api, clock: Traveller) -> None:
    email, made = new_email(), []
    for number in range(5):
        made.append(attempt(api, email, number))
        clock.shift(1)
    clock.shift(HOUR)
    made.append(attempt(api, email, 5))
    assert [stands(api, each) for each in made] == [False, True, True, True, True, True]
    clock.shift(2 * HOUR)  # what was guessed just now counts no more
    made.append(attempt(api, email, 6))
    assert [stands(api, each) for each in made] == [False, False, True, True, True, True, True]
    clock.shift(HOUR)
    assert verify(api, *made[2]) == (200, "authenticated")


def test_i01_mails_of_another_day_keep_no_mail_back(api: Api, clock: Traveller) -> None:
    """Four yesterday and one just now are one in an hour."""
    email = new_email()
    for number in range(4):
        attempt(api, email, number)
    clock.shift(24 * HOUR)
    made = attempt(api, email, 4)
    assert api.post("/resend-verification", {"email": email}).status == 202
    assert len(api.mails(email)) == 6
    assert verify(api, *made) == (200, "authenticated")


def test_i01_sending_the_mail_again_takes_the_place_of_no_attempt(api: Api, clock: Traveller) -> None:
    email = new_email()
    first = attempt(api, email, 0)
    for _ in range(4):
        assert api.post("/resend-verification", {"email": email}).status == 202
    assert len(api.mails(email)) == 5
    clock.shift(HOUR)
    second = attempt(api, email, 1)
    assert stands(api, second)
    assert verify(api, *first) == (200, "authenticated")


def test_i01_a_registration_that_is_refused_takes_the_place_of_no_attempt(api: Api) -> None:
    """As one is from a client address that has registered too often."""
    email = new_email()
    first = attempt(api, email, 0)
    limited = client_that_registered_too_often(api.stack)
    for _ in range(4):
        assert problem(limited.register(email, "the attacker's password")) == (429, "too_many_requests")
    second = attempt(api, email, 1)
    assert stands(api, second)
    assert verify(api, *first) == (200, "authenticated")


def test_i01_an_answer_lost_while_registering_takes_the_place_of_no_attempt(api: Api) -> None:
    """DynamoDB's answer to the count of mails, on which the SDK tries again (CASES F3)."""
    email = new_email()
    made = [attempt(api, email, 0)]
    count = "UpdateItem LIMIT#address_mail ADD"
    with faults(times(1, count, lost_answer)) as calls:
        assert api.register(email, "the password of attempt 1").status == 202
    assert [call.what for call in calls].count(count) == 2
    made.append((api.mailed_token(email), "the password of attempt 1"))
    made += [attempt(api, email, number) for number in range(2, 5)]
    assert [stands(api, each) for each in made] == [True] * 5


@pytest.mark.parametrize("operations", [("GetItem", "BatchGetItem"), ("TransactWriteItems",)], ids=["read", "write"])
def test_i21_a_registration_that_fails_for_a_fault_of_ours_takes_no_mail_of_the_hour(
    api: Api, operations: tuple[str, ...]
) -> None:
    """Nothing is half done: it's safe to try again, as the answer says, and then the mail comes."""
    email = new_email()
    for _ in range(6):
        with failing(*operations):
            assert problem(api.register(email)) == (503, "temporarily_unavailable")
    assert api.register(email).status == 202
    assert len(api.mails(email)) == 1


def test_i01_the_mail_sent_again_is_that_of_the_newest_attempt(api: Api) -> None:
    email = new_email()
    made = [attempt(api, email, number) for number in range(3)]
    api.post("/resend-verification", {"email": email})
    again = api.mailed_token(email)
    assert again not in {token for token, _ in made}
    assert [verify(api, again, made[number][1])[0] for number in (0, 1)] == [401, 401]
    assert verify(api, again, made[2][1]) == (200, "authenticated")


def test_i07_an_unverified_registration_gives_no_token(api: Api) -> None:
    email = new_email()
    registered = api.register(email)
    token = api.mailed_token(email)
    resent = api.post("/resend-verification", {"email": email})
    assert (registered.json(), resent.json()) == ({"status": "verification_required"}, {"status": "accepted"})
    assert problem(api.login(email)) == (401, "invalid_credentials")
    assert problem(api.post("/verify-email", {"token": token, "password": "not this one"})) == (401, "invalid_credentials")
    assert not items(api, "UsersTable", "email = :email", email=email)


def test_i07_what_was_mailed_is_neither_an_access_nor_a_refresh_token(api: Api) -> None:
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    assert problem(api.me(token)) == (401, "invalid_access_token")
    assert problem(api.refresh(token)) == (401, "invalid_refresh_token")
    assert api.post("/logout", {"refresh_token": token}).status == 204
    assert api.post("/verify-email", {"token": token, "password": "correct horse battery staple"}).status == 200


def test_i07_the_login_of_an_unverified_registration_cannot_be_told_from_a_wrong_password(api: Api) -> None:
    unverified, verified = new_email(), new_email()
    api.register(unverified)
    api.sign_up(verified)
    answers = [api.login(unverified), api.login(verified, "not this one either")]
    bodies = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in answers]
    assert bodies[0] == bodies[1]
