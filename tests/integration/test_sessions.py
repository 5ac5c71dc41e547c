"""How sessions end: by signing out, by their age, and by what happens to their user."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from time_machine import Traveller

from gatepost.identifiers import base64url
from local.stack import Stack
from tests.integration.aws_faults import Answer, Send, faults, times
from tests.integration.inside import change_user, events_of, fresh_process, session_of
from tests.support import AUDIENCE, PASSWORD, Api, new_email, problem

DAY = 86_400
REFUSED = (401, "invalid_refresh_token")
NOT_AUTHENTICATED = (401, "invalid_access_token")
SIGNED_OUT = "session.signed_out"


def refreshed(api: Api, token: str) -> dict[str, Any]:
    """Refresh, and return the answer, which must be a success."""
    answer = api.refresh(token)
    assert answer.status == 200, answer.body
    signed_in: dict[str, Any] = answer.json()
    return signed_in


def sign_out(api: Api, token: str) -> None:
    answer = api.post("/logout", {"refresh_token": token})
    assert (answer.status, answer.body) == (204, b"")


def assert_dead(api: Api, *answers: dict[str, Any]) -> None:
    """No token of these answers may work any more."""
    for signed_in in answers:
        assert problem(api.me(signed_in["access_token"])) == NOT_AUTHENTICATED
        assert problem(api.refresh(signed_in["refresh_token"])) == REFUSED


def mailed_reset(api: Api, email: str) -> str:
    """Have a link mailed that sets a new password; return its token."""
    assert api.post("/password/forgot", {"email": email}).status == 202
    return api.mailed_token(email)


def reset(api: Api, token: str) -> None:
    assert api.post("/password/reset", {"token": token, "new_password": f"{PASSWORD}, but new"}).status == 204


# ------------------------------------------------------------------------------------------------ signing out


def test_s18_signing_out_ends_the_session_and_no_other(api: Api) -> None:
    email = new_email()
    here = api.sign_up(email)
    there = api.login(email).json()
    sign_out(api, here["refresh_token"])
    assert_dead(api, here)
    assert api.me(there["access_token"]).status == 200
    assert refreshed(api, there["refresh_token"])
    assert events_of(api, here["user"]["id"]).count(SIGNED_OUT) == 1


@pytest.mark.parametrize("seconds", [0, 29, 30, 3600])
def test_an_old_token_signs_out_as_well(api: Api, clock: Traveller, seconds: int) -> None:
    """Whoever signs out wants it ended, whichever token the app still holds; it's no theft."""
    email = new_email()
    first = api.sign_up(email)
    second = refreshed(api, first["refresh_token"])
    third = refreshed(api, second["refresh_token"])
    clock.shift(seconds)
    mails = len(api.mails(email))
    sign_out(api, first["refresh_token"])
    assert_dead(api, first, second, third)
    assert len(api.mails(email)) == mails
    assert "session.refresh_token_reused" not in events_of(api, first["user"]["id"])


def test_signing_out_twice_is_told_once(api: Api) -> None:
    signed_in = api.sign_up()
    for _ in range(3):
        sign_out(api, signed_in["refresh_token"])
    assert events_of(api, signed_in["user"]["id"]).count(SIGNED_OUT) == 1


@pytest.mark.parametrize("token", ["x", "é", " ", "A" * 108, "Ag" + "A" * 106, "x" * 512, "\x00", "{}x", "x{}", "{}="])
def test_signing_out_with_what_is_no_token_answers_alike_and_ends_nothing(api: Api, token: str) -> None:
    signed_in = api.sign_up()
    sign_out(api, token.replace("{}", signed_in["refresh_token"]))
    assert refreshed(api, signed_in["refresh_token"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refresh_token": ""},
        {"refresh_token": None},
        {"refresh_token": ["{}"]},
        {"refresh_token": "x" * 10_000},
        {"refresh_token": "{}", "x": 1},
        {"refresh_token": "{}", "audience": AUDIENCE},
        {"token": "{}"},
    ],
)
def test_signing_out_with_a_wrong_body_is_refused_and_ends_nothing(api: Api, body: dict[str, Any]) -> None:
    signed_in = api.sign_up()
    sent = {name: signed_in["refresh_token"] if value == "{}" else value for name, value in body.items()}
    assert problem(api.post("/logout", sent)) == (422, "invalid_request")
    assert refreshed(api, signed_in["refresh_token"])


def test_s14_after_signing_out_and_refreshing_in_any_order_nothing_of_the_family_lives(api: Api, stack: Stack) -> None:
    """Better-auth's token.test; the parallel part runs on DynamoDB Local."""
    for order in (
        ("out",),
        ("refresh", "out"),
        ("refresh", "out", "refresh"),
        ("out", "refresh"),
        ("refresh", "refresh", "out"),
    ):
        answers = [api.sign_up()]
        for step in order:
            if step == "out":
                sign_out(api, answers[0]["refresh_token"])
            else:
                answer = api.refresh(answers[-1]["refresh_token"])
                answers += [answer.json()] if answer.status == 200 else []
        assert len(answers) == 1 + (order.index("out") if "out" in order else 0)
        assert session_of(api, answers[0]) is None
        assert_dead(api, *answers)
        with fresh_process(stack):
            assert_dead(api, *answers)


# ------------------------------------------------------------------------------------------------ age


def test_s16_a_session_that_is_not_used_ends_after_30_days(api: Api, clock: Traveller) -> None:
    used, unused, late = api.sign_up(), api.sign_up(), api.sign_up()
    clock.shift(30 * DAY - 1)
    used = refreshed(api, used["refresh_token"])
    clock.shift(1)
    assert session_of(api, unused) is not None  # DynamoDB deletes it days later
    assert_dead(api, unused, late)
    clock.shift(30 * DAY - 2)
    assert refreshed(api, used["refresh_token"])
    assert "session.refresh_token_reused" not in events_of(api, unused["user"]["id"])


def test_s16_no_refresh_moves_a_session_past_90_days(api: Api, clock: Traveller) -> None:
    email = new_email()
    signed_in = api.sign_up(email)
    for days in (29, 29, 29):
        clock.shift(days * DAY)
        signed_in = refreshed(api, signed_in["refresh_token"])
    clock.shift(3 * DAY - 1)
    last = refreshed(api, signed_in["refresh_token"])
    assert api.me(last["access_token"]).status == 200
    mails = len(api.mails(email))

    clock.shift(1)

    assert session_of(api, last) is not None
    assert_dead(api, last)
    # The predecessor's grace of 30 s gives nothing either, and nobody is accused of anything.
    assert problem(api.refresh(signed_in["refresh_token"])) == REFUSED
    assert "session.refresh_token_reused" not in events_of(api, last["user"]["id"])
    assert len(api.mails(email)) == mails


@pytest.mark.parametrize("seconds", [30 * DAY, 31 * DAY, 365 * DAY])
def test_s17_an_expired_session_still_in_the_table_is_refused(api: Api, clock: Traveller, seconds: int) -> None:
    first = api.sign_up()
    second = refreshed(api, first["refresh_token"])
    clock.shift(seconds)
    assert session_of(api, first) is not None
    assert_dead(api, first, second)
    sign_out(api, second["refresh_token"])


def test_s17_a_verification_token_is_refused_from_exactly_24_hours_on(api: Api, clock: Traveller) -> None:
    """CVE-2025-64708."""
    emails = new_email(), new_email()
    for email in emails:
        api.register(email)
    in_time, too_late = (api.mailed_token(email) for email in emails)
    clock.shift(DAY - 1)
    assert api.post("/verify-email", {"token": in_time, "password": PASSWORD}).status == 200
    clock.shift(1)
    assert [item for item in api.table("SessionsTable") if item.get("email") == emails[1]]
    for _ in range(2):
        assert problem(api.post("/verify-email", {"token": too_late, "password": PASSWORD})) == (400, "invalid_token")
    assert problem(api.login(emails[1])) == (401, "invalid_credentials")


def test_s17_a_reset_token_is_refused_from_exactly_an_hour_on(api: Api, clock: Traveller) -> None:
    emails = new_email(), new_email()
    for email in emails:
        api.sign_up(email)
    in_time, too_late = (mailed_reset(api, email) for email in emails)
    clock.shift(3599)
    reset(api, in_time)
    clock.shift(1)
    body = {"token": too_late, "new_password": f"{PASSWORD}, but new"}
    assert problem(api.post("/password/reset", body)) == (400, "invalid_token")
    assert api.login(emails[1]).status == 200


def test_an_access_token_is_good_for_15_minutes_and_the_leeway(api: Api, clock: Traveller) -> None:
    token = api.sign_up()["access_token"]
    clock.shift(929)
    assert api.me(token).status == 200
    clock.shift(1)
    assert problem(api.me(token)) == NOT_AUTHENTICATED


# ------------------------------------------------------------------------------------------------ the user


def test_s03_a_reset_ends_all_sessions(api: Api) -> None:
    email = new_email()
    answers = [api.sign_up(email), api.login(email).json()]
    answers.append(refreshed(api, answers[1]["refresh_token"]))
    reset(api, mailed_reset(api, email))
    assert_dead(api, *answers)


def test_s04_a_raised_epoch_ends_a_session_at_its_next_use(api: Api) -> None:
    signed_in = api.sign_up()
    change_user(api, signed_in["user"]["id"], epoch=1)
    assert_dead(api, signed_in)


def _during(step: Callable[[], None]) -> tuple[Callable[[Send], Answer], Callable[[Send], Answer]]:
    """Return faults that let a whole other request happen before a call to AWS, and after it but before its answer is seen."""

    def elsewhere() -> None:
        with ThreadPoolExecutor(1) as other_environment:
            other_environment.submit(step).result()

    def before(send: Send) -> Answer:
        elsewhere()
        return send()

    def after(send: Send) -> Answer:
        answer = send()
        elsewhere()
        return answer

    return before, after


@pytest.mark.parametrize("place", ["UpdateItem USER SET", "BatchGetItem"])
def test_s04_a_reset_during_a_refresh_before_the_user_is_read_refuses_it(api: Api, place: str) -> None:
    """Minepanel #252: the refresh has its rotation behind it or before it, and gets no tokens."""
    email = new_email()
    first = api.sign_up(email)
    token = mailed_reset(api, email)
    before, _ = _during(lambda: reset(api, token))
    with faults(times(1, place, before)):
        answer = api.refresh(first["refresh_token"])
    assert problem(answer) == REFUSED
    assert_dead(api, first)
    assert api.login(email, f"{PASSWORD}, but new").status == 200


def test_s04_a_refresh_that_outruns_a_reset_gets_tokens_that_are_dead_at_their_next_use(api: Api, stack: Stack) -> None:
    email = new_email()
    first = api.sign_up(email)
    token = mailed_reset(api, email)
    _, after = _during(lambda: reset(api, token))
    with faults(times(1, "BatchGetItem", after)):
        second = refreshed(api, first["refresh_token"])

    assert_dead(api, first, second)
    # Other teams' APIs don't ask us: they go by the list.
    with fresh_process(stack):  # a warm one may publish what it read a moment ago
        listed = api.call("GET", "/.well-known/gatepost/revocations").json()["users"]
    assert listed[base64url(hashlib.sha256(first["user"]["id"].encode()).digest()[:12])] == 1


def test_s10_a_reset_is_known_to_a_fresh_process(api: Api, stack: Stack) -> None:
    email = new_email()
    first = api.sign_up(email)
    reset(api, mailed_reset(api, email))
    with fresh_process(stack):
        assert_dead(api, first)


def test_a_user_who_is_gone_has_no_session(api: Api) -> None:
    signed_in = api.sign_up()
    assert api.call("DELETE", "/v1/me", {"password": PASSWORD}, token=signed_in["access_token"]).status == 204
    assert_dead(api, signed_in)
