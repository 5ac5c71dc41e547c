"""What does a month of 100,000 users cost beside Cognito, at list prices, by what a sign-in and a refresh use as counted?"""

import json
from collections.abc import Sequence
from typing import Any

from benchmarks import costs
from benchmarks.costs import Deployment, Use
from benchmarks.figures import Figure
from benchmarks.invocations import Invoked, environment
from benchmarks.requests import request
from benchmarks.service import PASSWORD, Service, on_dynamodb_local
from local.model import Table
from tests.calls import Call
from tests.integration.flows import BY_NAME
from tests.integration.trips import Cost, measured
from tests.support import Api

_USERS, _SIGN_INS, _REFRESHES = 100_000, 20, 200  # in a month, the last two a user
_SAMPLE = 40
# What nobody can measure here. A round trip within a region takes about 4 ms; one request in a thousand starts an environment.
_TRIP, _COLD_STARTS, _COLD_START = 0.004, 0.001, 1.0
# What API Gateway writes of a request by the template's format. Lambda itself writes of failures alone.
_ACCESS_LINE = (
    '{ "request_id": "qX+TGvOgqEx0Fg8=", "time": "27/Nov/2026:18:10:33 +0000", "ip": "203.0.113.127", '
    '"route": "POST /v1/auth/refresh", "protocol": "HTTP/1.1", "status": "200", "length": "1834", "ms": "24", '
    '"function_ms": "22", "function_status": "200", "error": "-", "function_error": "-" }'
)
_NAMES = {"log in": "a sign-in", "refresh": "a refresh"}


def measure() -> list[Figure]:
    """Count what a sign-in and a refresh do to the tables, and measure the built function, hash included.

    Raises:
        CannotMeasureError: something isn't built.
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    with on_dynamodb_local() as service:
        counted = {flow: _counted(service, flow) for flow in _NAMES}
        sign_ins, refreshes = _invoked(service)
        memory = service.account.memory
        tables = list(service.stack.template.tables.values())
    sign_in = _use(counted["log in"], tables, sign_ins)
    refresh = _use(counted["refresh"], tables, refreshes)
    month = {sign_in: _USERS * _SIGN_INS, refresh: _USERS * _REFRESHES}
    parts = costs.requests(month, Deployment(memory, _TRIP, _COLD_STARTS, _COLD_START))
    total = sum(parts.values())
    note = (
        f"{_USERS:,} users, each {_SIGN_INS} sign-ins and {_REFRESHES} refreshes: "
        + ", ".join(f"{service} ${part:.2f}" for service, part in parts.items())
        + f". Not in it: traces (${costs.traces(sum(month.values())):.2f}), storage, alarms, mails"
    )
    return [
        *(_shown(name, use) for name, use in (("a sign-in", sign_in), ("a refresh", refresh))),
        Figure(
            "a month",
            [total],
            "Cognito Essentials",
            [costs.cognito(_USERS, "essentials")],
            at_most=1 / 20,
            unit="US$",
            note=note,
        ),
        Figure("a month", [total], "Cognito Lite", [costs.cognito(_USERS, "lite")], at_most=1 / 7, unit="US$", note=note),
    ]


def _shown(name: str, use: Use) -> Figure:
    note = f"{use.writes:g} write and {use.reads:g} read units in {use.trips} trips, {use.log_bytes:.0f} bytes of log"
    return Figure(f"{name}: the processor's time", [use.processor], note=note)


def _counted(service: Service, flow: str) -> Cost:
    BY_NAME[flow].prepare(Api(service.stack))()
    send = BY_NAME[flow].prepare(Api(service.stack))
    with measured() as cost:
        send()
    return cost


def _invoked(service: Service) -> tuple[Invoked, Invoked]:
    """The built function's sign-ins and refreshes, once it is warm."""
    with environment(service.runtime, service.account, {}) as function:
        logins = [_post("/v1/auth/login", email=email, password=PASSWORD) for email in service.users(_SAMPLE)]
        function.invoke(*logins)
        sign_ins = function.invoke(*logins)
        tokens = [json.loads(answer["body"])["refresh_token"] for answer in sign_ins.answers]
        function.invoke(*(_post("/v1/auth/refresh", refresh_token=token) for token in tokens[: _SAMPLE // 4]))
        refreshes = function.invoke(*(_post("/v1/auth/refresh", refresh_token=token) for token in tokens[_SAMPLE // 4 :]))
    return sign_ins, refreshes


def _post(path: str, **body: str) -> dict[str, Any]:
    return request("POST", path, body)


def _use(cost: Cost, tables: Sequence[Table], invoked: Invoked) -> Use:
    return Use(
        writes=cost.writes + sum(_index_writes(call, tables) for call in cost.calls),
        reads=cost.reads,
        processor=invoked.seconds,
        trips=cost.sequential,
        log_bytes=invoked.log_bytes + len(_ACCESS_LINE),
    )


def _index_writes(call: Call, tables: Sequence[Table]) -> int:
    """Return how many entries of indexes a call's new items make, each smaller than 1 KB."""
    puts = [entry["Put"] for entry in call.parameters.get("TransactItems", ()) if "Put" in entry]
    if call.operation == "PutItem":
        puts.append(call.parameters)
    indexes = {table.name: table.properties.get("GlobalSecondaryIndexes", ()) for table in tables}
    return sum(
        all(key["AttributeName"] in put["Item"] for key in index["KeySchema"])
        for put in puts
        for index in indexes[put["TableName"]]
    )
