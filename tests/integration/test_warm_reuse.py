"""A-18: one process answers everybody, one after the other, and mixes nobody up (CVE-2026-33544)."""

import random
from dataclasses import dataclass, field
from typing import Any

from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.logs import captured_logs
from tests.support import PASSWORD, Api, new_email

REQUESTS = 500


@dataclass
class Person:
    """A user, and all that tells them from another."""

    name: str
    email: str
    signed_in: dict[str, Any]
    request_ids: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def take(self, signed_in: dict[str, Any]) -> None:
        """Go on with these tokens."""
        self.signed_in = signed_in
        self.secrets |= {signed_in["session_id"], signed_in["refresh_token"], signed_in["access_token"]}
        # The payload of a JWT is no secret, but in no answer to anybody else.
        self.secrets |= set(signed_in["access_token"].split(".")[1:])

    def identity(self) -> set[str]:
        """All that must never be said to somebody else."""
        return {self.name, self.email, self.signed_in["user"]["id"], *self.secrets, *self.request_ids}


def _person(stack: Stack, name: str) -> Person:
    email = new_email()
    person = Person(name, email, Api(stack).sign_up(email, name=name))
    person.take(person.signed_in)
    return person


def _request(stack: Stack, person: Person, what: str) -> Response:
    token, request_id = person.signed_in["access_token"], f"{person.name}-{len(person.request_ids)}"
    person.request_ids.append(request_id)
    match what:
        case "read":
            sent = event(token=token)
        case "rename":
            sent = event("PATCH", "/v1/me", {"name": person.name}, token=token)
        case "sessions":
            sent = event(path="/v1/me/sessions", token=token)
        case "refresh":
            sent = event("POST", "/v1/auth/refresh", {"refresh_token": person.signed_in["refresh_token"]})
        case "sign in":
            sent = event("POST", "/v1/auth/login", {"email": person.email, "password": PASSWORD, "device_name": person.name})
        case "fail":
            sent = event("PATCH", "/v1/me", {"name": person.name, person.email: person.signed_in["refresh_token"]}, token=token)
        case _:
            sent = event("PATCH", "/v1/me", f'{{"name": "{person.email}', token=f"{token}x")
    sent["requestContext"]["requestId"] = request_id
    answer = invoke(stack, sent)
    if what in ("refresh", "sign in"):
        assert answer.status == 200, answer.body
        person.take(answer.json())
    return answer


def test_a18_of_500_interleaved_requests_of_two_users_none_says_anything_of_the_other(stack: Stack) -> None:
    people = _person(stack, "Ada-of-A18"), _person(stack, "Eve-of-A18")
    chance = random.Random(18)
    kinds = ["read"] * 8 + ["rename", "refresh"] * 3 + ["sessions"] + ["sign in", "fail", "break"]
    for _ in range(REQUESTS):
        person, other = chance.sample(people, 2)
        what = chance.choice(kinds)
        with captured_logs() as lines:
            answer = _request(stack, person, what)
        said = repr(answer) + "".join(lines)
        assert not [secret for secret in other.identity() if secret in said], (what, answer)
        assert person.request_ids[-1] in "".join(lines)
        assert answer.header("x-request-id") == person.request_ids[-1]
        if what in ("read", "rename"):
            assert answer.json() == person.signed_in["user"]


def test_a18_nothing_of_an_earlier_request_is_left_for_one_without_a_token(stack: Stack) -> None:
    person = _person(stack, "Ada-of-A18")
    for what in ("read", "refresh", "sign in", "fail", "break"):
        _request(stack, person, what)
        with captured_logs() as lines:
            answer = invoke(stack, event())
        assert answer.status == 401
        said = repr(answer) + "".join(lines)
        assert not [secret for secret in person.identity() if secret in said]
