"""One validated POST after the other through a built handler, whose rule does nothing: from the event to the response.

    python -S -m benchmarks.answering.posts HANDLER RULE EVENT

HANDLER is the function's, such as ``app.main.handler``; RULE what a registration calls, which is replaced by nothing, `-` for
none; EVENT a file.
"""

import importlib
import io
import json
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.measuring import seconds
from benchmarks.programs import answer_with

_CALLS = 100  # a round
_ACCEPTED = (200, 202)


class Nowhere(io.StringIO):
    """A file that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def main(handler: str, rule: str, event: str) -> None:
    """Get ready, then answer with the processor's seconds that one call takes."""
    # Before anything is imported: the log goes nowhere, since what a terminal takes isn't the handler's.
    answers, sys.stdout = sys.stdout, Nowhere()
    handle = _attribute(handler)
    if rule != "-":
        module, _, name = rule.rpartition(".")
        setattr(_attribute(module), name, lambda *arguments, **named: {})
    text = Path(event).read_text("utf-8")
    context = SimpleNamespace(
        function_name="function",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:function",
        aws_request_id="3f5a5d6e-0b6c-4d4e-9d25-2f0a2f9b3c11",
    )
    response = handle(json.loads(text), context)
    if response["statusCode"] not in _ACCEPTED:
        sys.exit(f"{handler} answers {response['statusCode']}: {response.get('body')}")

    def measure() -> float:
        # Handlers may change an event, so each call has its own.
        return seconds([partial(handle, json.loads(text), context) for _ in range(_CALLS)])

    answer_with(measure, answers)


def _attribute(path: str) -> Any:
    """Return what `path` names: a module, or something in one."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(_attribute(module), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
