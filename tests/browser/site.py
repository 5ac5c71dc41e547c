"""The service with the example's page at three origins, and who sits at a browser to use it."""

from dataclasses import dataclass, field
from threading import Event
from typing import Any

from local.events import Request, Response
from local.stack import Stack
from tests.browser.chromium import PATIENCE, Chromium
from tests.support import PASSWORD


class Gate:
    """Lets answers through, unless it's closed."""

    def __init__(self) -> None:
        self._opened, self._reached = Event(), Event()
        self.open()

    def open(self) -> None:
        """Let all through, from now on."""
        self._opened.set()

    def close(self) -> None:
        """Let none through, from now on."""
        self._reached.clear()
        self._opened.clear()

    def reached(self) -> bool:
        """Wait until an answer stands before the closed gate; return whether one does."""
        return self._reached.wait(PATIENCE)

    def pass_through(self) -> None:
        """Wait here while it's closed."""
        if not self._opened.is_set():
            self._reached.set()
            assert self._opened.wait(PATIENCE)


@dataclass
class Site:
    """The service at `api`; its page at `page`, whose origin alone is allowed, at a `stranger` of another site, and at a
    `neighbour`: another origin of the same site, to which SameSite means nothing. `answers` is all that was asked and
    answered; an answer goes out through `gate`.
    """

    stack: Stack
    api: str
    page: str
    neighbour: str
    stranger: str
    answers: list[tuple[Request, Response]] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate, repr=False)

    def asked(self) -> list[tuple[str, str, int]]:
        """Method, path and status of all answers so far, which are forgotten."""
        asked = [(request.method, request.path, answer.status) for request, answer in self.answers]
        self.answers.clear()
        return asked


@dataclass(frozen=True)
class Person:
    """Somebody who sits at a browser."""

    browser: Chromium
    site: Site
    email: str

    def visit(self, origin: str) -> None:
        """Open the page there, and wait until it has found out who is signed in."""
        self.browser.open(f"{origin}/?api={self.site.api}")
        self.browser.wait("!document.getElementById('sign-in').hidden || !document.getElementById('sign-out').hidden")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Fill in the form and send it."""
        self.browser.type("#email", self.email)
        self.browser.type("#password", password)
        self.browser.click("#sign-in button")

    def reads(self, text: str) -> None:
        """Wait until the page's message says `text`."""
        self.browser.wait(f"document.getElementById('message').textContent.includes({text!r})")

    def cookie(self) -> dict[str, Any] | None:
        """The browser's only cookie, if it has one."""
        cookies = self.browser.cookies()
        assert len(cookies) <= 1
        return cookies[0] if cookies else None
