"""Whether mail to an address has stopped shows in no answer to a stranger, and no request does other work for it (I-04)."""

from collections.abc import Callable
from typing import Any

import pytest

from local.events import Response
from local.stack import Stack
from tests.calls import Work, measured
from tests.integration.accounts import WRONG, User, forgot, new_user, verify
from tests.integration.ses_feedback import bounce, complaint, give
from tests.support import PASSWORD, Api, new_email

OF_THE_REQUEST = {"x-request-id", "apigw-requestid", "request_id"}
OF_THE_SIGN_IN = {"access_token", "refresh_token", "session_id", "user"}

Request = Callable[[Api, User], Response]

# What anybody may ask about the address of an account, and its owner may do there.
REQUESTS: dict[str, Request] = {
    "forget": lambda api, user: forgot(api, user.email),
    "register": lambda api, user: api.register(user.email),
    "ask for the mail again": lambda api, user: api.post("/resend-verification", {"email": user.email}),
    "ask for a code": lambda api, user: api.post("/email-code/start", {"email": user.email}),
    "sign in": lambda api, user: api.login(user.email),
    "fail to sign in": lambda api, user: api.login(user.email, WRONG),
    "change another's address to it": lambda api, user: new_user(api.stack).change_email(user.email),
    "change the password": lambda api, user: user.change_password(PASSWORD),
    "change the address": lambda api, user: user.change_email(new_email()),
    "erase": lambda api, user: user.erase(),
}


def seen(answer: Response) -> tuple[Any, ...]:
    """An answer without what is different at every request; of a sign-in what its owner alone gets to see is left out."""
    body = answer.json() if answer.body else {}
    headers = {name: value for name, value in answer.headers if name not in OF_THE_REQUEST | {"content-length"}}
    return answer.status, headers, {name: body[name] for name in body.keys() - OF_THE_REQUEST - OF_THE_SIGN_IN}


def asked(stack: Stack, request: Request, *, stopped: bool) -> tuple[Response, Work, int]:
    """Make a request about an account; return answer and work, and how many mails its address got by it."""
    user, api = new_user(stack), Api(stack)
    if stopped:
        give(stack, bounce(user.email))
    Api(stack).register(new_email())  # so that the data key of the hour is made
    before = len(api.mails(user.email))
    answer, work = measured(lambda: request(api, user))
    return answer, work, len(api.mails(user.email)) - before


@pytest.mark.parametrize("name", REQUESTS)
def test_i04_a_request_about_a_stopped_address_is_answered_alike_for_the_same_work(stack: Stack, name: str) -> None:
    answer, work, mails = asked(stack, REQUESTS[name], stopped=False)
    stopped_answer, stopped_work, stopped_mails = asked(stack, REQUESTS[name], stopped=True)
    assert seen(stopped_answer) == seen(answer)
    assert stopped_work == work
    assert stopped_mails == 0
    assert mails == (0 if name in ("sign in", "fail to sign in", "ask for the mail again") else 1)


@pytest.mark.parametrize("request_", [lambda api, email: api.register(email), forgot], ids=["register", "forget"])
def test_i04_a_stopped_address_without_an_account_is_like_any_other(stack: Stack, request_: Any) -> None:
    email, other, api = new_email(), new_email(), Api(stack)
    give(stack, complaint(email))
    Api(stack).register(new_email())
    answer, work = measured(lambda: request_(api, email))
    other_answer, other_work = measured(lambda: request_(api, other))
    assert (seen(answer), work) == (seen(other_answer), other_work)
    assert not api.mails(email)


def test_i04_answering_a_mail_is_the_same_work_whether_or_not_a_mark_is_lifted(stack: Stack) -> None:
    works = []
    for stopped in (False, True):
        api, email = Api(stack), new_email()
        api.register(email)
        token = api.mailed_token(email)
        if stopped:
            give(stack, complaint(email))
        answer, work = measured(lambda: verify(api, token))  # noqa: B023
        assert answer.status == 200
        works.append(work)
    assert works[0] == works[1]
