"""Deeds that leave a security event: how each is done, and the event that it leaves (Z-14)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gatepost.audit import Event
from local.events import Response
from tests.integration.accounts import (
    WRONG,
    User,
    mailed_change,
    mailed_code,
    mailed_reset,
    other_code,
)
from tests.support import PASSWORD, Api, new_email

AGENT = "catalogue/1.0 (of a test)"
SELF, NOBODY = "self", None


@dataclass(frozen=True)
class Agent:
    """A client that names itself, at an address that nothing else in the test has."""

    api: Api
    headers: dict[str, str] = field(default_factory=lambda: {"user-agent": AGENT})

    def post(self, path: str, body: Any) -> Response:
        return self.api.post(path, body, headers=self.headers)

    def me(self, user: User, method: str, path: str = "", body: Any = None) -> Response:
        return self.api.call(method, f"/v1/me{path}", body, token=user.access_token, headers=self.headers)


Act = Callable[[Agent], Response]
# What is done, as which user; prepared for a user who has another session.
Prepare = Callable[[User, User], Act]


def _to_come(email: str) -> Prepare:
    return lambda user, other: (
        lambda agent: agent.post("/register", {"email": email.replace("{}", user.email), "password": PASSWORD})
    )


def _resend(user: User, other: User) -> Act:
    return lambda agent: agent.post("/resend-verification", {"email": user.email})


def _verify_wrong(user: User, other: User) -> Act:
    email = new_email()
    user.api.register(email)
    token = user.api.mailed_token(email)
    return lambda agent: agent.post("/verify-email", {"token": token, "password": WRONG})


def _reset(user: User, other: User) -> Act:
    token = mailed_reset(user.api, user.email)
    return lambda agent: agent.post("/password/reset", {"token": token, "new_password": WRONG})


def _use_code(right: bool) -> Prepare:
    def prepare(user: User, other: User) -> Act:
        digits, _ = mailed_code(user.api, user.email)
        code = digits if right else other_code(digits)
        return lambda agent: agent.post("/email-code/verify", {"email": user.email, "code": code})

    return prepare


def _use_link(user: User, other: User) -> Act:
    _, token = mailed_code(user.api, user.email)
    return lambda agent: agent.post("/email-code/verify", {"code": token})


def _change(user: User, other: User) -> Act:
    token = mailed_change(user, new_email())
    return lambda agent: agent.post("/verify-email", {"token": token, "password": PASSWORD})


def _change_wrong(user: User, other: User) -> Act:
    token = mailed_change(user, new_email())
    return lambda agent: agent.post("/verify-email", {"token": token, "password": WRONG})


def _login(password: str) -> Prepare:
    return lambda user, other: lambda agent: agent.post("/login", {"email": user.email, "password": password})


def _me(method: str, path: str = "", **body: Any) -> Prepare:
    def prepare(user: User, other: User) -> Act:
        filled = {name: value.replace("{}", new_email()) for name, value in body.items()} or None
        return lambda agent: agent.me(user, method, path.replace("{}", other.session_id), filled)

    return prepare


def _logout(user: User, other: User) -> Act:
    return lambda agent: agent.post("/logout", {"refresh_token": user.refresh_token})


# What, the event it leaves, its reason, and who did it: the user, or nobody who has proven who they are.
DEEDS: dict[str, tuple[Prepare, Event, str | None, str | None]] = {
    "register an address that has an account": (_to_come("{}"), Event.REGISTRATION_REQUESTED, None, NOBODY),
    "ask again for an address that has an account": (_resend, Event.VERIFICATION_RESENT, None, NOBODY),
    "rename": (_me("PATCH", name="Ada"), Event.PROFILE_UPDATED, None, SELF),
    "forget": (
        lambda user, other: lambda agent: agent.post("/password/forgot", {"email": user.email}),
        Event.PASSWORD_RESET_REQUESTED,
        None,
        NOBODY,
    ),
    "reset": (_reset, Event.PASSWORD_RESET, None, SELF),
    "change the password": (
        _me("POST", "/password", current_password=PASSWORD, new_password=WRONG),
        Event.PASSWORD_CHANGED,
        None,
        SELF,
    ),
    "fail to change the password": (
        _me("POST", "/password", current_password=WRONG, new_password="quite another one"),
        Event.PASSWORD_CHECK_FAILED,
        "wrong_password",
        NOBODY,
    ),
    "ask for another address": (
        _me("POST", "/email", new_email="{}", password=PASSWORD),
        Event.EMAIL_CHANGE_REQUESTED,
        None,
        SELF,
    ),
    "fail to ask for another address": (
        _me("POST", "/email", new_email="{}", password=WRONG),
        Event.PASSWORD_CHECK_FAILED,
        "wrong_password",
        NOBODY,
    ),
    "confirm another address": (_change, Event.EMAIL_CHANGED, None, SELF),
    "fail to confirm another address": (_change_wrong, Event.PASSWORD_CHECK_FAILED, "wrong_password", NOBODY),
    "erase": (_me("DELETE", password=PASSWORD), Event.ACCOUNT_DELETED, None, SELF),
    "fail to erase": (_me("DELETE", password=WRONG), Event.PASSWORD_CHECK_FAILED, "wrong_password", NOBODY),
    "ask for a code": (
        lambda user, other: lambda agent: agent.post("/email-code/start", {"email": user.email}),
        Event.EMAIL_CODE_REQUESTED,
        None,
        NOBODY,
    ),
    "sign in with a code": (_use_code(right=True), Event.SIGN_IN_SUCCEEDED, None, SELF),
    "sign in with a link": (_use_link, Event.SIGN_IN_SUCCEEDED, None, SELF),
    "fail to sign in with a code": (_use_code(right=False), Event.SIGN_IN_FAILED, "wrong_code", NOBODY),
    "sign in": (_login(PASSWORD), Event.SIGN_IN_SUCCEEDED, None, SELF),
    "fail to sign in": (_login(WRONG), Event.SIGN_IN_FAILED, "wrong_password", NOBODY),
    "sign out": (_logout, Event.SIGNED_OUT, None, SELF),
    "end a session": (_me("DELETE", "/sessions/{}"), Event.SESSION_ENDED, None, SELF),
    "end other sessions": (_me("DELETE", "/sessions"), Event.OTHER_SESSIONS_ENDED, None, SELF),
}
