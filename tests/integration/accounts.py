"""A user as tests drive one: their address, their password, and the tokens of a sign-in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self
from unittest.mock import patch

from gatepost.revocations import hashed
from local.events import Response
from local.functions import LambdaFunction
from local.stack import Stack
from tests.support import PASSWORD, Api, new_email, problem, token_of

WRONG = "not the password of anybody"
NEW_PASSWORD = "an entirely different passphrase"

LIMITED = (429, "too_many_requests")
REFUSED = (401, "invalid_credentials")
INVALID_TOKEN = (400, "invalid_token")
INVALID_CODE = (401, "invalid_code")
INVALID_REFRESH_TOKEN = (401, "invalid_refresh_token")
NOT_AUTHENTICATED = (401, "invalid_access_token")
UNAVAILABLE = (503, "temporarily_unavailable")
INVALID_CURSOR = (400, "invalid_cursor")


@dataclass(frozen=True)
class User:
    """A user in one session, at a client address of their own."""

    api: Api
    email: str
    password: str
    signed_in: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.signed_in["user"]["id"])

    @property
    def session_id(self) -> str:
        """The session's id."""
        return str(self.signed_in["session_id"])

    @property
    def access_token(self) -> str:
        """The newest access token."""
        return str(self.signed_in["access_token"])

    @property
    def refresh_token(self) -> str:
        """The newest refresh token."""
        return str(self.signed_in["refresh_token"])

    def call(self, method: str, path: str = "", body: Any = None, **options: Any) -> Response:
        """Send a request to `/v1/me` + `path`."""
        return self.api.call(method, f"/v1/me{path}", body, token=self.access_token, **options)

    def login(self, password: str | None = None, **more: Any) -> Self:
        """Sign in once more, elsewhere; return that session."""
        elsewhere = Api(self.api.stack)
        answer = elsewhere.login(self.email, password or self.password, **more)
        assert answer.status == 200, answer.body
        return replace(self, api=elsewhere, password=password or self.password, signed_in=answer.json())

    def refreshed(self) -> Self:
        """Refresh; return the session with its new tokens."""
        answer = self.api.refresh(self.refresh_token)
        assert answer.status == 200, answer.body
        return replace(self, signed_in=answer.json())

    def lives(self) -> bool:
        """Whether the session still works, by both of its tokens, which must agree. Uses the refresh token up."""
        profile, refreshed = self.api.me(self.access_token), self.api.refresh(self.refresh_token)
        assert {profile.status, refreshed.status} in ({200}, {401})
        if profile.status == 401:
            assert (problem(profile), problem(refreshed)) == (NOT_AUTHENTICATED, INVALID_REFRESH_TOKEN)
        return profile.status == 200

    def change_password(self, current: str, new: str = NEW_PASSWORD) -> Response:
        """Ask for a new password."""
        return self.call("POST", "/password", {"current_password": current, "new_password": new})

    def change_email(self, new_email: str, password: str | None = None) -> Response:
        """Ask for another address."""
        return self.call("POST", "/email", {"new_email": new_email, "password": password or self.password})

    def erase(self, password: str | None = None) -> Response:
        """Erase the account."""
        return self.call("DELETE", "", {"password": password or self.password})

    def export(self) -> dict[str, Any]:
        """Return everything held about the user."""
        answer = self.call("GET", "/export")
        assert answer.status == 200, answer.body
        exported: dict[str, Any] = answer.json()
        return exported

    def items(self, path: str) -> list[dict[str, Any]]:
        """Return all items of a list of the user's, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            answer = self.call("GET", f"{path}?limit=100{cursor}")
            assert answer.status == 200, answer.body
            found += answer.json()["items"]
            if answer.json()["next_cursor"] is None:
                return found
            cursor = f"&cursor={answer.json()['next_cursor']}"

    def sessions(self) -> list[dict[str, Any]]:
        """Return the user's sessions."""
        return self.items("/sessions")

    def trail(self) -> list[dict[str, Any]]:
        """Return the user's security events, newest first."""
        return self.items("/audit")


def new_user(stack: Stack, email: str | None = None, password: str = PASSWORD, **more: Any) -> User:
    """Sign up; return the user in their first session."""
    api, email = Api(stack), email or new_email()
    return User(api, email, password, api.sign_up(email, password, **more))


def outcome(answer: Response) -> tuple[int, str]:
    """Return the status of an answer, and the code of the problem if it is one."""
    return problem(answer) if answer.status >= 400 else (answer.status, "")


def forgot(api: Api, email: str) -> Response:
    """Ask for a new password."""
    return api.post("/password/forgot", {"email": email})


def reset(api: Api, token: str, password: str = NEW_PASSWORD) -> Response:
    """Set a new password by a mailed token."""
    return api.post("/password/reset", {"token": token, "new_password": password})


def mailed_reset(api: Api, email: str) -> str:
    """Ask for a new password; return the token that was mailed."""
    assert forgot(api, email).status == 202
    return api.mailed_token(email)


def start_code(api: Api, email: str, **options: Any) -> Response:
    """Ask for a code to sign in with."""
    return api.post("/email-code/start", {"email": email}, **options)


def mailed_code(api: Api, email: str, **options: Any) -> tuple[str, str]:
    """Ask for a code; return the six digits and the token of the link that were mailed."""
    assert start_code(api, email, **options).status == 202
    mail = api.mails(email)[0]
    assert mail.code is not None
    return mail.code, token_of(mail)


def use_code(api: Api, email: str | None, code: str, **options: Any) -> Response:
    """Sign in with six digits, or, without an address, with the token of a link."""
    return api.post("/email-code/verify", {"code": code} | ({"email": email} if email else {}), **options)


def other_code(code: str) -> str:
    """Return six other digits."""
    return f"{(int(code) + 1) % 10**6:06}"


def verify(api: Api, token: str, password: str = PASSWORD) -> Response:
    """Answer the mail of a registration or of a change of address."""
    return api.post("/verify-email", {"token": token, "password": password})


def mailed_change(user: User, new_email: str) -> str:
    """Ask for another address; return the token that was mailed there."""
    assert user.change_email(new_email).status == 202
    return user.api.mailed_token(new_email)


def revocations(api: Api) -> dict[str, Any]:
    """Return the revocation list."""
    answer = api.call("GET", "/.well-known/gatepost/revocations")
    assert answer.status == 200
    listed: dict[str, Any] = answer.json()
    return listed


def is_revoked(user: User) -> bool:
    """Whether the list names the session, or the user with a `ver` above that of a first sign-in."""
    listed = revocations(user.api)
    return hashed(user.session_id) in listed["sessions"] or listed["users"].get(hashed(user.id), 0) > 0


@contextmanager
def deployed_with(stack: Stack, function: str = "AccountFunction", /, **settings: str) -> Iterator[None]:
    """Let a function have some other settings (GATEPOST_…, in lower case) inside the block."""
    environment = {f"GATEPOST_{name.upper()}": value for name, value in settings.items()}
    other = LambdaFunction(stack.functions[function].definition, environment)
    with patch.dict(stack.functions, {function: other}):
        yield
