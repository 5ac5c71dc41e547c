"""Codes for signing in, used at once: each signs in once, takes the answers it may, and dies with a reset."""

from functools import partial

import pytest

from tests.dynamodb.support import at_once, events, sessions, split
from tests.dynamodb.wire import TRANSACTION, Call, Wire
from tests.support import Api, new_email, problem, token_of

pytestmark = pytest.mark.dynamodb

INVALID_CODE = (401, "invalid_code")
COUNTING_A_TRY = Call("UpdateItem", b"tries")


def mailed(api: Api, email: str) -> tuple[str, str]:
    """Ask for a code; return the digits and the token of the link."""
    assert api.post("/email-code/start", {"email": email}).status == 202
    mail = api.mails(email)[0]
    assert mail.code is not None
    return mail.code, token_of(mail)


def test_r03_m02_of_40_uses_of_one_code_one_signs_in(api: Api, wide_api: Api) -> None:
    """Whichever of them are let through to look at it."""
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    digits, _ = mailed(api, email)
    body = {"email": email, "code": digits}
    winners, losers = split(at_once([partial(wide_api.post, "/email-code/verify", body)] * 40))
    assert len(winners) == 1
    assert set(losers) == {INVALID_CODE}
    assert len(sessions(api, user_id)) == 2
    assert events(api, user_id).count("sign_in.succeeded") == 1


def test_r03_m02_of_40_uses_of_one_link_one_signs_in(api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    _, token = mailed(api, email)
    with wire.meeting(40, TRANSACTION):
        winners, losers = split(at_once([partial(api.post, "/email-code/verify", {"code": token})] * 40))
    assert len(winners) == 1
    assert losers == [INVALID_CODE] * 39
    assert len(sessions(api, user_id)) == 2


def test_r03_of_the_digits_and_the_link_at_once_one_signs_in(api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    digits, token = mailed(api, email)
    bodies = [{"email": email, "code": digits}, {"code": token}]
    with wire.meeting(2, TRANSACTION):
        winners, losers = split(at_once(partial(api.post, "/email-code/verify", body) for body in bodies))
    assert len(winners) == 1
    assert losers == [INVALID_CODE]
    assert len(sessions(api, user_id)) == 2


def test_r06_of_20_answers_at_once_each_is_counted(api: Api, wide_api: Api, wire: Wire) -> None:
    """So that no number of them at once lets through more than five: the right one comes too late."""
    email = new_email()
    api.sign_up(email)
    digits, _ = mailed(api, email)
    wrong = {"email": email, "code": f"{(int(digits) + 1) % 10**6:06}"}
    with wire.meeting(20, COUNTING_A_TRY):
        _, losers = split(at_once([partial(wide_api.post, "/email-code/verify", wrong)] * 20))
    assert losers == [INVALID_CODE] * 20
    assert problem(wide_api.post("/email-code/verify", {"email": email, "code": digits})) == INVALID_CODE


def test_r05_a_reset_that_is_answered_leaves_no_code_that_signs_in(api: Api, wire: Wire) -> None:
    """Whether the code's own transaction was under way or not."""
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    _, token = mailed(api, email)
    assert api.post("/password/forgot", {"email": email}).status == 202
    reset = {"token": api.mailed_token(email), "new_password": "an entirely different passphrase"}

    def reset_meanwhile() -> None:
        assert Api(api.stack).post("/password/reset", reset).status == 204

    signing_in = Call("TransactWriteItems", b"EMAIL_CODE")
    with wire.in_the_midst(signing_in, reset_meanwhile):
        assert problem(api.post("/email-code/verify", {"code": token})) == INVALID_CODE
    assert "sign_in.succeeded" not in events(api, user_id)


def test_r09_an_answer_that_was_lost_does_not_turn_a_sign_in_into_a_used_code(api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    digits, _ = mailed(api, email)
    with wire.losing_answers(TRANSACTION, 1):
        assert api.post("/email-code/verify", {"email": email, "code": digits}).status == 200
    assert len(sessions(api, user_id)) == 2
