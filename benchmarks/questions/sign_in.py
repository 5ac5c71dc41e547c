"""What does a sign-in take of the processor but for the hash of the password, on DynamoDB Local, beside other APIs' sign-ins?
And the question who the caller is?
"""

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3

from benchmarks import built
from benchmarks.figures import Figure
from benchmarks.invocations import Environment, environment
from benchmarks.measuring import ROUNDS, in_turns
from benchmarks.requests import request
from benchmarks.service import PASSWORD, on_dynamodb_local
from tests.support import new_email

_USERS = 10
_WARM_UP = 3
_TABLE = "auth"
_FORM = {"content-type": "application/x-www-form-urlencoded"}


def measure(rounds: int = 2 * ROUNDS) -> list[Figure]:
    """Sign users in at ours, at the API of the tutorials and at fastapi-users, in turns, each its own users.

    Raises:
        CannotMeasureError: something isn't built.
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    with on_dynamodb_local() as service, tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        _create_table()

        def start(function: Any, **settings: str) -> Environment:
            return running.enter_context(environment(service.runtime, function, {"WITHOUT_HASH": "1", **settings}))

        ours = start(service.account)
        tutorial = start(built.peer("TutorialApi"))
        fastapi_users = start(
            built.peer("FastapiUsers"),
            DATABASE_URL=f"sqlite+aiosqlite:///{Path(folder, 'users.db')}",
            SECRET=secrets.token_hex(32),
        )
        sign_ins = [
            (ours, [_login(email) for email in service.users(_USERS)]),
            (tutorial, [_login(email) for email in _registered(tutorial, "/v1/auth/register")]),
            (fastapi_users, [_form(email) for email in _registered(fastapi_users, "/auth/register")]),
        ]
        profiles = [
            (function, _with_tokens(function, events, path))
            for (function, events), path in zip(sign_ins, ("/v1/me", "/v1/me", "/authenticated-route"), strict=True)
        ]
        calls = [function.invoke(*events).calls for function, events in sign_ins]
        note = (
            f"calls to DynamoDB: ours {calls[0]:g}, one after the other 3; TutorialApi {calls[1]:g}, one after the other all; "
            "FastapiUsers keeps its users in SQLite, no sessions, and counts no guesses"
        )
        return [
            *_figures("a sign-in without the hash", sign_ins, rounds, 0.4, note),
            *_figures("the signed-in user's profile", profiles, rounds, None, ""),
        ]


def _figures(
    what: str, rivals: list[tuple[Environment, list[Any]]], rounds: int, at_most: float | None, note: str
) -> Iterator[Figure]:
    for function, events in rivals * _WARM_UP:
        function.invoke(*events)
    runs: list[Callable[[], float]] = [partial(_seconds, function, events) for function, events in rivals]
    ours, tutorial, fastapi_users = in_turns(rounds, *runs)
    yield Figure(what, ours, "TutorialApi", tutorial, at_most=at_most, note=note)
    yield Figure(what, ours, "FastapiUsers", fastapi_users, note=note)


def _seconds(function: Environment, events: list[Any]) -> float:
    return function.invoke(*events).seconds


def _registered(function: Environment, path: str) -> list[str]:
    emails = [new_email() for _ in range(_USERS)]
    function.invoke(*(request("POST", path, {"email": email, "password": PASSWORD}) for email in emails))
    return emails


def _with_tokens(function: Environment, sign_ins: list[Any], path: str) -> list[Any]:
    """Return requests of the signed-in users."""
    bodies = [json.loads(answer["body"]) for answer in function.invoke(*sign_ins).answers]
    return [request("GET", path, headers={"authorization": f"Bearer {body['access_token']}"}) for body in bodies]


def _login(email: str) -> Mapping[str, Any]:
    return request("POST", "/v1/auth/login", {"email": email, "password": PASSWORD})


def _form(email: str) -> Mapping[str, Any]:
    event = request("POST", "/auth/jwt/login", headers=_FORM)
    return event | {"body": urlencode({"username": email, "password": PASSWORD})}


def _create_table() -> None:
    """The one table of the API of the tutorials."""
    boto3.client("dynamodb").create_table(
        TableName=_TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
