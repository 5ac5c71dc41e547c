"""What a template asks for, in the words of CloudFormation and SAM."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
    "until it succeeds".
    """

    table: str
    batch_size: int
    filters: tuple[Mapping[str, Any], ...]
    report_failures: bool
    max_retries: int | None


@dataclass(frozen=True)
class Schedule:
    """A schedule that calls its function with `input` at every `expression`, for example ``rate(5 minutes)``."""

    name: str
    expression: str
    input: Any


@dataclass(frozen=True)
class Function:
    """A Lambda function. `code` and `layers` are folders; `timeout` is in seconds, `memory` in MB."""

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


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer of an HTTP API: payload format 2.0, simple responses.

    `identity_sources` are selection expressions such as ``$request.header.Authorization``; results are kept `ttl` seconds.
    """

    name: str
    function: str
    identity_sources: tuple[str, ...]
    ttl: int


@dataclass(frozen=True)
class Route:
    """A route of an HTTP API and the function (logical id) it calls. The catch-all route has the path ``$default``."""

    method: str
    path: str
    function: str
    authorizer: Authorizer | None = None

    @property
    def key(self) -> str:
        """The route key, for example ``GET /pets/{id}`` or ``$default``."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class CustomResource:
    """A resource of a type ``Custom::*``, made by the function (logical id) that its ServiceToken names."""

    logical_id: str
    type: str
    function: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """One template, read for one stack: everything in it that the local stack runs."""

    stack: str
    stack_id: str
    api_id: str
    parameters: Mapping[str, Any]
    keys: tuple[str, ...]
    tables: Mapping[str, Table]
    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    custom_resources: tuple[CustomResource, ...]
