"""What a template asks for, in the words of CloudFormation and SAM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from local.alarms import Alarm


@dataclass(frozen=True)
class Table:
    """A DynamoDB table: its physical name and its resolved CloudFormation properties."""

    logical_id: str
    name: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class StreamSource:
    """An event source mapping from the stream of the table `table` (logical id).

    `filters` are the parsed filter patterns; a record passes if it matches any, or if there is none. `max_retries` is None for
    "until it succeeds". `dead_letters` is the name of the queue for what is given up, if there is one.
    """

    table: str
    batch_size: int
    filters: tuple[Mapping[str, Any], ...]
    report_failures: bool
    max_retries: int | None
    dead_letters: str = ""


@dataclass(frozen=True)
class Schedule:
    """A schedule that calls its function with `input` at every `expression`, for example ``rate(5 minutes)``."""

    name: str
    expression: str
    input: Any


@dataclass(frozen=True)
class Function:
    """A Lambda function. `code` and `layers` are folders; `timeout` is in seconds, `memory` in MB. `concurrency` is how many
    environments it has at the most, None for any number.

    Where nobody waits for its answer it's tried `retries` times more, and what it gives up goes to the queue `dead_letters`, if
    there is one.
    """

    logical_id: str
    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout: int
    memory: int
    streams: tuple[StreamSource, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    concurrency: int | None = None
    retries: int = 2
    dead_letters: str = ""


@dataclass(frozen=True)
class Api:
    """An API of API Gateway at its one stage. A stage's name is the first segment of every path, but for ``$default``.

    `selection` is the member of a WebSocket message that names its route, ``action`` for ``$request.body.action``.
    """

    id: str
    protocol: Literal["HTTP", "REST", "WEBSOCKET"]
    stage: str = "$default"
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    selection: str = ""


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer: which event its function gets, and what kind of answer is expected.

    `payload` is ``1.0`` or ``2.0`` for HTTP APIs, ``TOKEN`` or ``REQUEST`` for the others; `simple` is a yes or no in place of
    an IAM policy. `identity_sources` are expressions without the prefix that differs between APIs, such as
    ``request.header.Authorization``; a TOKEN authorizer has one, whose value must match `validation`. Results are kept `ttl`
    seconds.
    """

    name: str
    function: str
    identity_sources: tuple[str, ...]
    ttl: int
    payload: Literal["1.0", "2.0", "TOKEN", "REQUEST"] = "2.0"
    simple: bool = True
    validation: str = ""


@dataclass(frozen=True)
class Route:
    """A route of an API and the function (logical id) it calls, with an event of the format `payload`.

    The routes of a WebSocket API and the catch-all route ``$default`` have no method. `responds`: the function's answer goes
    back over the WebSocket.
    """

    method: str
    path: str
    function: str
    authorizer: Authorizer | None = None
    payload: Literal["1.0", "2.0"] = "2.0"
    responds: bool = False

    @property
    def key(self) -> str:
        """The route key, for example ``GET /pets/{id}`` or ``$default``."""
        return f"{self.method} {self.path}".lstrip()


@dataclass(frozen=True)
class CustomResource:
    """A resource of a type ``Custom::*``, made by the function (logical id) that its ServiceToken names."""

    logical_id: str
    type: str
    function: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """One template, read for one stack: everything in it that the local stack runs. `queues` are names by logical id."""

    stack: str
    stack_id: str
    api: Api
    parameters: Mapping[str, Any]
    keys: tuple[str, ...]
    tables: Mapping[str, Table]
    queues: Mapping[str, str]
    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    custom_resources: tuple[CustomResource, ...]
    alarms: tuple[Alarm, ...] = ()
    buses: tuple[str, ...] = ()
