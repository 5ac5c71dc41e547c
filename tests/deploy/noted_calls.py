"""The calls to AWS that each function makes.

Which function a call is of is told by its client, since each function makes clients of its own: at its cold start, or while it
is called.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.session import Session

from local.functions import LambdaFunction


@dataclass(frozen=True)
class NotedCall:
    """A call of the function with this logical id."""

    function: str
    service: str
    operation: str
    parameters: Mapping[str, Any]


_running: ContextVar[str | None] = ContextVar("running", default=None)


@contextmanager
def noted_calls() -> Iterator[list[NotedCall]]:
    """Yield the list of the calls of all functions that start inside the block. What tests call by themselves isn't in it."""
    calls: list[NotedCall] = []
    owners: dict[int, tuple[Any, str | None]] = {}
    create_client: Callable[..., Any] = Session.create_client
    call_aws: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def create(session: Session, *args: Any, **kwargs: Any) -> Any:
        client = create_client(session, *args, **kwargs)
        owners[id(client)] = client, _running.get()  # held, or another client could get its id
        return client

    def make_api_call(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        _, owner = owners.get(id(client), (client, None))
        running = _running.get()
        assert running in (None, owner), f"{running} calls {operation} by a client of {owner}"
        if owner is not None:
            calls.append(NotedCall(owner, client.meta.service_model.service_name, operation, parameters))
        return call_aws(client, operation, parameters)

    with (
        patch.object(Session, "create_client", create),
        patch.object(BaseClient, "_make_api_call", make_api_call),
        patch.object(LambdaFunction, "__init__", _as_the_function(LambdaFunction.__init__)),
        patch.object(LambdaFunction, "invoke", _as_the_function(LambdaFunction.invoke)),
    ):
        yield calls


def _as_the_function(method: Callable[..., Any]) -> Callable[..., Any]:
    def running(self: LambdaFunction, argument: Any, *more: Any) -> Any:
        # At the cold start the argument is the definition, which is there at every later call.
        before = _running.set(getattr(self, "definition", argument).logical_id)
        try:
            return method(self, argument, *more)
        finally:
            _running.reset(before)

    return running
