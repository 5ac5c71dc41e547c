"""What tests of the running service share: a client that speaks to the real handlers through the local gateway."""

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3

from gatepost.storage.writes import Item, from_dynamodb
from local.events import Response
from local.mailbox import Mail
from local.stack import Stack

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

ISSUER = "https://auth.example.com"
AUDIENCE = "https://api.example.com"
OTHER_AUDIENCE = "https://reports.example.com"
ALLOWED_ORIGIN = "https://app.example.com"
PARAMETERS = {
    "Issuer": ISSUER,
    "Audience": AUDIENCE,
    "AllowedAudiences": OTHER_AUDIENCE,
    "AllowedOrigins": ALLOWED_ORIGIN,
    "ServiceName": "Gatepost",
    "FirstAdminEmail": "first-admin@example.com",
    "MailFrom": "no-reply@example.com",
}
PASSWORD = "correct horse battery staple"

_addresses = itertools.count(1)


def new_email() -> str:
    """Return an address that no other test uses."""
    return f"user-{secrets.token_hex(6)}@example.com"


def new_ip() -> str:
    """Return a client address that no other test of this process uses, so that no test meets another's limits."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@dataclass(frozen=True)
class Api:
    """A client of the service, with a client address of its own."""

    stack: Stack
    ip: str = field(default_factory=new_ip)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        ip: str | None = None,
    ) -> Response:
        """Send a request; a `body` of bytes or text goes as it is, any other as JSON; `token` as bearer token."""
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        return self.stack.request(method, path, headers=sent, body=body, source_ip=ip or self.ip)

    def post(self, path: str, body: Any = None, **options: Any) -> Response:
        """POST to `/v1/auth` + `path`."""
        return self.call("POST", f"/v1/auth{path}", body, **options)

    def register(self, email: str, password: str = PASSWORD, **more: Any) -> Response:
        """Begin a registration."""
        return self.post("/register", {"email": email, "password": password, **more})

    def login(self, email: str, password: str = PASSWORD, **more: Any) -> Response:
        """Sign in."""
        return self.post("/login", {"email": email, "password": password, **more})

    def refresh(self, refresh_token: str, **more: Any) -> Response:
        """Refresh."""
        return self.post("/refresh", {"refresh_token": refresh_token, **more})

    def me(self, token: str) -> Response:
        """Read the profile."""
        return self.call("GET", "/v1/me", token=token)

    def mails(self, email: str) -> list[Mail]:
        """Return the mails to `email`, newest first."""
        return self.stack.mails(to=email)

    def mailed_token(self, email: str) -> str:
        """Return the token in the link of the newest mail to `email`."""
        return token_of(self.mails(email)[0])

    def sign_up(self, email: str | None = None, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        """Register and verify; return what the verification answered."""
        email = email or new_email()
        assert self.register(email, password, **more).status == 202
        answer = self.post("/verify-email", {"token": self.mailed_token(email), "password": password})
        assert answer.status == 200, answer.body
        signed_in: dict[str, Any] = answer.json()
        return signed_in

    def table(self, logical_id: str) -> list[Item]:
        """Return all items of a table, such as `UsersTable`."""
        pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=self.table_name(logical_id))
        return [from_dynamodb(item) for page in pages for item in page["Items"]]

    def table_name(self, logical_id: str) -> str:
        """Return the name of the table with this logical id."""
        return self.stack.template.tables[logical_id].name


def token_of(mail: Mail) -> str:
    """Return the token in the first link of a mail."""
    return parse_qs(urlsplit(mail.links[0]).query)["token"][0]


def problem(response: Response) -> tuple[int, str]:
    """Return status and code of a problem, having checked that it is one."""
    body = response.json()
    assert (response.header("content-type") or "").startswith("application/problem+json"), response
    assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys()
    assert body["status"] == response.status
    assert body["request_id"] == response.header("x-request-id")
    return response.status, body["code"]
