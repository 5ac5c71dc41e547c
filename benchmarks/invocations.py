"""Built functions, each in a process of its own with Lambda's Python, that are given events by the dozen."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import built
from benchmarks.figures import CannotMeasureError
from benchmarks.programs import Program, program
from local.model import Function
from tests.e2e.built import PYTHON, Lambda

_INVOKER = Path(__file__).with_name("invoker.py")


class Invoked(NamedTuple):
    """What one event took on the average of its round: the processor's seconds, calls to AWS, and its log. And all answers."""

    seconds: float
    calls: float
    log_lines: float
    log_bytes: float
    answers: Sequence[Any]


class Environment:
    """A running function."""

    def __init__(self, function: str, running: Program) -> None:
        self._function, self._running = function, running

    def invoke(self, *events: Any) -> Invoked:
        """Invoke it with each of `events`. Raises `CannotMeasureError` if one of them isn't answered well."""
        invoked = Invoked(**json.loads(self._running.ask(json.dumps(events))))
        for answer in invoked.answers:
            if answer["statusCode"] >= 400:
                raise CannotMeasureError(f"{self._function} answers {answer['statusCode']}: {answer['body']}")
        return invoked


@contextmanager
def environment(runtime: Lambda, function: Function, settings: Mapping[str, str]) -> Iterator[Environment]:
    """Start `function` with these environment variables beside its own; it ends with the block."""
    # Lambda traces one request in twenty; this is one of the others.
    untraced = {"_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"}
    variables = runtime.environment(function) | untraced | dict(built.settings(function)) | dict(settings)
    with program([str(PYTHON), "-S", str(_INVOKER), function.handler], variables, function.code) as running:
        yield Environment(function.logical_id, running)
