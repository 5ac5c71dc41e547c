"""Whatever is good for one use, as its owner has it: a code, or the link of a mail."""

from collections.abc import Callable, Mapping

from local.stack import Stack
from tests.integration.accounts import (
    INVALID_CODE,
    INVALID_TOKEN,
    mailed_change,
    mailed_code,
    mailed_reset,
    new_user,
    outcome,
    reset,
    use_code,
    verify,
)
from tests.integration.administrators import administrator
from tests.support import PASSWORD, Api, new_email

Use = Callable[[], tuple[int, str]]
"""Uses it, and returns what is answered."""


def _registration(stack: Stack) -> Use:
    api, email = Api(stack), new_email()
    assert api.register(email).status == 202
    token = api.mailed_token(email)
    return lambda: outcome(verify(Api(stack), token))


def _code_link(stack: Stack) -> Use:
    user = new_user(stack)
    _, link = mailed_code(user.api, user.email)
    return lambda: outcome(use_code(Api(stack), None, link))


def _code_digits(stack: Stack) -> Use:
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    return lambda: outcome(use_code(Api(stack), user.email, digits))


def _reset_link(stack: Stack) -> Use:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    return lambda: outcome(reset(Api(stack), token))


def _first_password(stack: Stack) -> Use:
    """Of an account that an administrator has made: a link that lives for a week."""
    email = new_email()
    assert administrator(stack).admin("POST", "/users", {"email": email}).status == 201
    token = Api(stack).mailed_token(email)
    return lambda: outcome(reset(Api(stack), token))


def _invitation(stack: Stack) -> Use:
    email = new_email()
    assert administrator(stack).admin("POST", "/users", {"email": email, "invite": True}).status == 201
    token = Api(stack).mailed_token(email)
    return lambda: outcome(Api(stack).post("/accept-invitation", {"token": token, "password": PASSWORD}))


def _email_change(stack: Stack) -> Use:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    return lambda: outcome(verify(Api(stack), token))


SINGLE_USE: Mapping[str, tuple[Callable[[Stack], Use], tuple[int, str]]] = {
    "registration": (_registration, INVALID_TOKEN),
    "code by link": (_code_link, INVALID_CODE),
    "code by digits": (_code_digits, INVALID_CODE),
    "password reset": (_reset_link, INVALID_TOKEN),
    "first password": (_first_password, INVALID_TOKEN),
    "invitation": (_invitation, INVALID_TOKEN),
    "change of address": (_email_change, INVALID_TOKEN),
}
"""What issues each, and what is answered to who uses it once more."""
