"""Changing one's address: the old one stays until the new one is proven, and is told (I-08, I-10)."""

from collections.abc import Callable
from typing import Any

import pytest
from time_machine import Traveller

from gatepost.identifiers import TokenKind, decode_token, encode_token
from local.events import Response
from local.stack import Stack
from tests.calls import Work, measured
from tests.integration.accounts import (
    INVALID_TOKEN,
    REFUSED,
    WRONG,
    User,
    mailed_change,
    mailed_reset,
    new_user,
    outcome,
    reset,
    verify,
)
from tests.integration.aws_faults import always, broken, faults
from tests.opaque import mangled, tables_that_hold, token_secrets
from tests.support import PASSWORD, Api, new_email, problem

DAY = 86_400
LAYOUT = TokenKind.EMAIL_CHANGE, 16, 34


def subjects(api: Api, email: str) -> list[str]:
    """Return the subjects of the mails to an address, oldest first, but for that of the registration."""
    found = [mail.subject for mail in reversed(api.mails(email))]
    return [subject for subject in found if not subject.startswith("Confirm your e-mail address")]


def changed(user: User, email: str) -> User:
    """Change the address all the way; return the user with it."""
    answer = verify(user.api, mailed_change(user, email))
    assert (answer.status, answer.body) == (204, b"")
    return User(user.api, email, user.password, user.signed_in)


def test_i10_the_old_address_stays_until_the_new_one_is_proven(stack: Stack) -> None:
    user, email = new_user(stack), new_email()
    answer = user.change_email(email)
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})
    assert user.api.me(user.access_token).json()["email"] == user.email
    assert user.api.login(user.email).status == 200
    assert problem(user.api.login(email)) == REFUSED

    assert verify(user.api, user.api.mailed_token(email)).status == 204

    profile = user.api.me(user.access_token).json()
    assert (profile["email"], profile["email_verified"], profile["id"]) == (email, True, user.id)
    assert user.api.login(email).json()["user"]["id"] == user.id
    assert problem(user.api.login(user.email)) == REFUSED


def test_i10_the_old_address_is_told_when_it_is_asked_for_and_when_it_is_done(stack: Stack) -> None:
    user, email = new_user(stack), new_email()
    token = mailed_change(user, email)
    assert subjects(user.api, user.email) == ["A new e-mail address for your account at Gatepost"]
    verify(user.api, token)
    assert subjects(user.api, user.email)[1:] == ["Your e-mail address at Gatepost was changed"]
    for mail in user.api.mails(user.email)[:2]:
        assert not mail.links
        assert token not in mail.text + mail.html
        assert email not in mail.text + mail.html
    assert subjects(user.api, email) == ["Confirm your new e-mail address for Gatepost"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"password": WRONG}, REFUSED),
        ({"password": ""}, (422, "invalid_request")),
        ({"password": None}, (422, "invalid_request")),
        ({}, (422, "invalid_request")),
        ({"password": PASSWORD, "email": "{}"}, (422, "invalid_request")),
    ],
)
def test_i10_it_takes_the_password(stack: Stack, body: dict[str, Any], expected: tuple[int, str]) -> None:
    user, email = new_user(stack), new_email()
    assert problem(user.call("POST", "/email", {"new_email": email} | body)) == expected
    assert not user.api.mails(email)
    assert not subjects(user.api, user.email)
    assert user.export()["pending_email"] is None


def test_i10_a_second_change_kills_the_first(stack: Stack) -> None:
    user, first, second = new_user(stack), new_email(), new_email()
    older, newer = mailed_change(user, first), mailed_change(user, second)
    assert user.export()["pending_email"] == second
    assert problem(verify(user.api, older)) == INVALID_TOKEN
    assert verify(user.api, newer).status == 204
    assert problem(verify(user.api, older)) == INVALID_TOKEN
    assert user.api.me(user.access_token).json()["email"] == second


def test_i10_a_second_change_kills_the_first_also_if_its_address_has_an_account(stack: Stack) -> None:
    """Else whether the first still works tells whether the second has one."""
    user, taken, first = new_user(stack), new_user(stack), new_email()
    older = mailed_change(user, first)
    assert user.change_email(taken.email).status == 202
    assert outcome(verify(user.api, older)) == INVALID_TOKEN
    assert user.api.me(user.access_token).json()["email"] == user.email


def seen(answer: Response) -> tuple[Any, ...]:
    return answer.status, [header for header in answer.headers if "request" not in header[0]], answer.body


def asking(stack: Stack, address: Callable[[], str]) -> tuple[User, str, Response, Work]:
    user, email = new_user(stack), address()
    answer, work = measured(lambda: user.change_email(email))
    return user, email, answer, work


def test_i10_i04_asking_for_an_address_with_an_account_is_answered_alike_for_the_same_work(stack: Stack) -> None:
    _, _, answer, work = asking(stack, lambda: new_user(stack).email)
    _, _, other_answer, other_work = asking(stack, new_email)
    assert seen(answer) == seen(other_answer)
    assert work == other_work


def test_i10_i04_what_one_can_read_about_oneself_tells_nothing_about_an_address(stack: Stack) -> None:
    """Neither the export nor the trail nor the sessions differ."""
    shown = []
    for address in (new_email, lambda: new_user(stack).email):
        user, email, _, _ = asking(stack, address)
        events = [(event["event"], event["result"], event["reason"]) for event in user.trail()]
        shown.append((user.export()["pending_email"] == email, events, len(user.sessions())))
    assert shown[0] == shown[1]


def test_i10_the_owner_of_an_address_that_has_an_account_gets_a_notice_without_a_link(stack: Stack) -> None:
    user, taken = new_user(stack), new_user(stack)
    user.change_email(taken.email)
    assert subjects(user.api, taken.email) == ["You already have an account at Gatepost"]
    notice = user.api.mails(taken.email)[0]
    assert not notice.links
    assert user.email not in notice.text + notice.html
    assert subjects(user.api, user.email) == ["A new e-mail address for your account at Gatepost"]
    assert [other.api.me(other.access_token).json()["email"] for other in (user, taken)] == [user.email, taken.email]


def test_the_notice_of_an_account_goes_to_one_recipient_five_times_an_hour_from_all_doors(
    stack: Stack, clock: Traveller
) -> None:
    """CONTRACT: the same mail, 5 an hour to one recipient."""
    user, taken = new_user(stack), new_user(stack)
    clock.shift(3600)
    user = user.refreshed()
    for _ in range(6):
        assert Api(stack).register(taken.email).status == 202
        assert user.change_email(taken.email).status == 202
    assert len(subjects(user.api, taken.email)) == 5


def test_the_mail_to_a_new_address_goes_there_five_times_an_hour(stack: Stack, clock: Traveller) -> None:
    """Whoever asks for it."""
    email = new_email()
    users = [new_user(stack) for _ in range(3)]
    for user in users * 3:
        assert user.change_email(email).status == 202
    assert len(users[0].api.mails(email)) == 5
    clock.shift(3600)
    user = users[0].refreshed()
    assert verify(user.api, mailed_change(user, email)).status == 204


def test_i10_an_address_that_was_taken_meanwhile_is_refused(stack: Stack) -> None:
    user, rival, email = new_user(stack), new_user(stack), new_email()
    ours, theirs = mailed_change(user, email), mailed_change(rival, email)
    assert verify(user.api, theirs).status == 204
    for _ in range(2):
        assert problem(verify(user.api, ours)) == INVALID_TOKEN
    assert user.api.me(user.access_token).json()["email"] == user.email
    assert rival.api.login(email).json()["user"]["id"] == rival.id


def test_the_old_address_is_free_at_once_and_inherits_nothing(stack: Stack) -> None:
    user = new_user(stack, name="Ada")
    moved = changed(user, new_email())
    newcomer = new_user(stack, user.email, "the newcomer's password")
    assert newcomer.id != user.id
    assert newcomer.signed_in["user"]["name"] is None
    assert moved.api.login(moved.email).json()["user"]["id"] == user.id
    assert problem(newcomer.api.login(user.email, PASSWORD)) == REFUSED


def test_sessions_go_on_after_a_change(stack: Stack) -> None:
    user = new_user(stack)
    other = user.login()
    changed(user, new_email())
    assert user.lives()
    assert other.lives()


def test_i08_after_a_change_a_token_mailed_to_the_old_address_sets_no_password(stack: Stack) -> None:
    user = new_user(stack)
    token, email = mailed_reset(user.api, user.email), new_email()
    moved = changed(user, email)
    assert problem(reset(user.api, token)) == INVALID_TOKEN
    assert user.api.login(email).status == 200
    assert reset(user.api, mailed_reset(user.api, moved.email)).status == 204


def test_i08_after_a_change_the_old_address_gets_no_token(stack: Stack) -> None:
    user = new_user(stack)
    changed(user, new_email())
    mails = len(user.api.mails(user.email))
    assert user.api.post("/password/forgot", {"email": user.email}).status == 202
    assert len(user.api.mails(user.email)) == mails


def test_i08_a_token_works_once(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    assert verify(user.api, token).status == 204
    for password in (PASSWORD, WRONG):
        assert problem(verify(user.api, token, password)) == INVALID_TOKEN


def test_i08_a_token_works_within_24_hours(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    clock.shift(DAY - 1)
    assert verify(user.api, token).status == 204


def test_i08_s17_a_token_is_dead_after_exactly_24_hours_though_its_item_is_still_there(stack: Stack, clock: Traveller) -> None:
    user, email = new_user(stack), new_email()
    token = mailed_change(user, email)
    clock.shift(DAY)
    assert [item for item in user.api.table("SessionsTable") if item.get("email") == email]
    assert problem(verify(user.api, token)) == INVALID_TOKEN
    assert user.refreshed().export()["pending_email"] is None
    assert problem(user.api.login(email)) == REFUSED


def test_i08_what_is_refused_before_leaves_the_token_usable(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    assert problem(verify(user.api, token, WRONG)) == REFUSED
    assert problem(verify(user.api, token, "")) == (422, "invalid_request")
    with faults(always("TransactWriteItems", broken)):
        assert problem(verify(user.api, token))[0] == 503
    assert verify(user.api, token).status == 204


def test_i08_a_token_is_bound_to_its_user_and_its_address(stack: Stack) -> None:
    ours, theirs, email = new_user(stack), new_user(stack), new_email()
    our_id, our_secret = decode_token(token := mailed_change(ours, email), *LAYOUT)
    their_id, their_secret = decode_token(mailed_change(theirs, new_email()), *LAYOUT)
    for parts in [(their_id, our_secret), (our_id, their_secret)]:
        assert problem(verify(ours.api, encode_token(TokenKind.EMAIL_CHANGE, *parts))) == INVALID_TOKEN
    assert verify(ours.api, token).status == 204
    assert ours.api.me(ours.access_token).json()["email"] == email


def test_i08_a_token_is_stored_as_a_digest_and_stands_in_no_answer(stack: Stack) -> None:
    user, email = new_user(stack), new_email()
    answers = [user.change_email(email)]
    token = user.api.mailed_token(email)
    assert not tables_that_hold(stack, token_secrets(token))
    answers += [verify(user.api, token, WRONG), verify(user.api, token), user.call("GET", "/export")]
    assert not [answer for answer in answers if token in answer.body.decode() + str(answer.headers)]


def test_j21_a_token_that_is_cut_extended_or_otherwise_spoilt_is_none(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    for spoilt in mangled(token):
        expected = INVALID_TOKEN if 1 <= len(spoilt) <= 512 else (422, "invalid_request")
        assert problem(verify(user.api, spoilt)) == expected, spoilt
    assert verify(user.api, token).status == 204
