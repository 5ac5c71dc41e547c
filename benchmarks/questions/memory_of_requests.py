"""What memory does a warm account function have after ten thousand mixed requests, and does it still grow?

The built function under Lambda's runtime client, behind the local gateway, on DynamoDB Local.
"""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks.figures import CannotMeasureError, Figure
from local import TEMPLATE
from local.aws import DYNAMODB_URL, embedded_aws
from local.events import Response
from local.stack import Stack
from tests.e2e.built import BuiltFunction, built_lambda, built_template
from tests.support import PARAMETERS, PASSWORD, Api, new_email, new_ip
from tools import dynamodb_local

_REQUESTS = 10_000
# From when on it may not grow: each kind of request has been there, and pools and caches are filled.
_WARM = 2_000
_RESIDENT = re.compile(r"VmRSS:\s+([0-9]+) kB")


def measure(requests: int = _REQUESTS, warm: int = _WARM) -> list[Figure]:
    """Send the requests, and look at the function's process on the way.

    Raises:
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    memory: dict[int, float] = {}
    with _service() as stack:
        account = stack.functions["AccountFunction"]
        if not isinstance(account, BuiltFunction):
            raise CannotMeasureError("the account function has no process of its own")
        mixed = _Client(Api(stack)).requests()
        for number in range(1, requests + 1):
            expected, send = next(mixed)
            answer = send()
            if answer.status != expected:
                raise CannotMeasureError(
                    f"request {number} was answered {answer.status} in place of {expected}: {answer.body!r}"
                )
            if number in (warm, requests):
                memory[number] = _resident(account.process_id)
    after = [memory[requests]]
    note = "of 100: 2 sign-ins, 2 registrations, 30 refreshes, 30 profiles, 20 public documents, 16 that are refused"
    return [
        Figure(f"memory after {requests:,} mixed requests", after, at_most=160.0, unit="MB", note=note),
        Figure(f"memory after {requests:,} mixed requests", after, f"after {warm:,}", [memory[warm]], at_most=1.05, unit="MB"),
    ]


class _Client:
    """A signed-in user who asks for this and that, each time from another address, so that no limit is met."""

    def __init__(self, api: Api) -> None:
        self._api, self._email = api, new_email()
        self._tokens = api.sign_up(self._email)

    def requests(self) -> Iterator[tuple[int, Callable[[], Response]]]:
        """Yield requests without an end, each with the status of its answer."""
        kinds: list[tuple[int, int, Callable[[], Response]]] = [
            (2, 200, self._sign_in),
            (2, 202, lambda: self._api.post("/register", self._registration(), ip=new_ip())),
            (30, 200, self._refresh),
            (30, 200, lambda: self._api.me(self._tokens["access_token"])),
            (10, 200, lambda: self._api.call("GET", "/.well-known/jwks.json")),
            (10, 200, lambda: self._api.call("GET", "/.well-known/gatepost/revocations")),
            (4, 401, lambda: self._api.me("no token")),
            (4, 404, lambda: self._api.call("GET", "/v1/auth/nothing")),
            (4, 400, lambda: self._api.post("/login", "{", headers={"content-type": "application/json"})),
            (4, 422, lambda: self._api.post("/login", {"email": "nobody"})),
        ]
        # Mixed: each kind as often as it's due, never in a row.
        due = [((turn + 0.5) / share, status, send) for share, status, send in kinds for turn in range(share)]
        for _, status, send in itertools.cycle(sorted(due, key=lambda each: each[0])):
            yield status, send

    def _registration(self) -> dict[str, Any]:
        return {"email": new_email(), "password": PASSWORD, "name": "Ada"}

    def _sign_in(self) -> Response:
        answer = self._api.post("/login", {"email": self._email, "password": PASSWORD}, ip=new_ip())
        self._tokens = answer.json()
        return answer

    def _refresh(self) -> Response:
        answer = self._api.refresh(self._tokens["refresh_token"])
        self._tokens |= answer.json()
        return answer


@contextmanager
def _service() -> Iterator[Stack]:
    """Yield the built service."""
    template = built_template(TEMPLATE)
    with (
        dynamodb_local.engine(dynamodb_local.free_port()) as (url, _),
        patch.dict(os.environ, {DYNAMODB_URL: url}),
        TemporaryDirectory() as folder,
        built_lambda(Path(folder)) as functions,
        embedded_aws() as mailbox,
        Stack(template, mailbox, parameters=PARAMETERS, cold_start=functions.cold_start) as stack,
    ):
        yield stack


def _resident(process: int) -> float:
    found = _RESIDENT.search(Path(f"/proc/{process}/status").read_text("ascii"))
    if found is None:
        raise CannotMeasureError("the kernel tells no memory of a process")
    return int(found[1]) * 1024 / 1e6
