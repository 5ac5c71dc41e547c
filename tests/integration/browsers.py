"""A browser as far as cookies go: it keeps what it's told to keep, and sends it with every call."""

from dataclasses import dataclass, field
from typing import Any

from local.events import Response
from local.stack import Stack
from tests.integration.inside import session_of
from tests.support import ALLOWED_ORIGIN, PASSWORD, Api, new_email

COOKIE = "__Host-gatepost_refresh"
PAGE = {"origin": ALLOWED_ORIGIN, "x-gatepost-csrf": "1"}


@dataclass
class Browser:
    """A browser with a page of the allowed origin."""

    api: Api
    email: str = field(default_factory=new_email)
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    signed_in: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def token(self) -> str | None:
        """The refresh token, which its cookie holds."""
        return self.cookies.get(COOKIE)

    @property
    def cookie(self) -> dict[str, str]:
        """The header by which it sends its cookies."""
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        """POST to `/v1/auth` + `path`, with the headers of the page or others, and do as the answer tells."""
        answer = self.api.post(path, body, headers=self.cookie | (PAGE if headers is None else headers))
        for name, cookie in attributes(answer).items():
            self.cookies[name] = cookie["value"]
            if cookie["max-age"] == "0":
                del self.cookies[name]
        if answer.status == 200:
            self.signed_in = answer.json()
        return answer

    def login(self, **more: Any) -> Response:
        """Sign in, and have the refresh token as a cookie."""
        body = {"email": self.email, "password": PASSWORD, "refresh_transport": "cookie", **more}
        return self.post("/login", body)

    def state(self) -> Any:
        """The item of its session, as the table has it."""
        return session_of(self.api, self.signed_in)


def attributes(answer: Response) -> dict[str, dict[str, str]]:
    """Return the cookies that an answer sets, by name: value and attributes, whose names are in lower case."""
    cookies = {}
    for text in (value for name, value in answer.headers if name == "set-cookie"):
        pair, *rest = text.split("; ")
        name, _, value = pair.partition("=")
        assert name not in cookies
        cookies[name] = {key.lower(): of for key, _, of in (part.partition("=") for part in rest)} | {"value": value}
    return cookies


def signed_in_browser(stack: Stack) -> Browser:
    """Return the browser of a new user, signed in."""
    browser = Browser(Api(stack))
    browser.api.sign_up(browser.email)
    assert browser.login().status == 200
    return browser
