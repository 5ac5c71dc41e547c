"""The Lambda functions of a template: their real handlers, called in this process.

All functions share the modules of the layers; a function's own code is imported afresh for each stack. (In Lambda each has
a process of its own, so a layer must keep no state of one function at module level.)
"""

import importlib
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol
from unittest.mock import patch

from local import measuring
from local.errors import StackError
from local.model import Function
from local.resources import ACCOUNT, REGION

# Of this process's own environment a function sees these, and the AWS settings of the embedded AWS.
_INHERITED = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")


@dataclass(frozen=True)
class LambdaContext:
    """What a handler gets as `context`. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    memory_limit_in_mb: str
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class Invocable(Protocol):
    """A function as all see it who call it: a `LambdaFunction`, or one that runs elsewhere."""

    definition: Function

    def invoke(self, event: Any) -> Any:
        """Return the function's answer to `event`. Raises where the function does."""


ColdStart = Callable[[Function, Mapping[str, str]], Invocable]
"""Makes a function of a template able to be called, with these environment variables beside its own."""


class LambdaFunction:
    """A function after its cold start. May be called by several threads, as several environments would be.

    Raises:
        StackError: if the handler's file isn't there. What importing it raises comes through, noting the function.
    """

    def __init__(self, function: Function, environment: Mapping[str, str] | None = None) -> None:
        self.definition = function
        self._environments = threading.BoundedSemaphore(function.concurrency) if function.concurrency else None
        module, _, name = function.handler.rpartition(".")
        try:
            with patch.dict(os.environ, _environment(function) | dict(environment or {}), clear=True):
                self.module = _import_afresh(function, module)
            self._handler: Callable[[Any, LambdaContext], Any] = getattr(self.module, name)
        except Exception as exc:
            exc.add_note(f"This happened at the cold start of {function.logical_id} ({function.handler}).")
            raise

    def invoke(self, event: Any) -> Any:
        """Call the handler with `event` and return its answer, both by way of JSON as the Lambda runtime does.

        Whatever the handler raises comes through.

        Raises:
            Throttled: all environments that it may have are busy.
        """
        if self._environments is None:
            return self._invoke(event)
        if not self._environments.acquire(blocking=False):
            raise measuring.throttled(self.definition)
        try:
            return self._invoke(event)
        finally:
            self._environments.release()

    def _invoke(self, event: Any) -> Any:
        context = LambdaContext(
            function_name=self.definition.name,
            memory_limit_in_mb=str(self.definition.memory),
            aws_request_id=str(uuid.uuid4()),
            deadline=time.monotonic() + self.definition.timeout,
        )
        with measuring.invocation(self.definition):
            return json.loads(json.dumps(self._handler(json.loads(json.dumps(event)), context)))


def _environment(function: Function) -> dict[str, str]:
    """Return the environment of `function`. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    inherited = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("AWS_")}
    lambda_runtime = {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "_HANDLER": function.handler,
    }
    return inherited | lambda_runtime | dict(function.environment)


def make_layers_importable(functions: Iterable[Function]) -> None:
    """Put the layers that hold our own code on the path; what the others list is installed in the virtual environment."""
    for function in functions:
        for layer in function.layers:
            if layer.name == "python":
                _make_importable(layer)


def _make_importable(folder: Path) -> None:
    """Put `folder` first on the path."""
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry != str(folder))]


def _import_afresh(function: Function, module: str) -> ModuleType:
    """Import the handler's module so that it and the function's other code run now, whether they ran before or not."""
    _make_importable(_root(function, module))
    for name, loaded in list(sys.modules.items()):
        file = getattr(loaded, "__file__", None) or ""
        # `name == module`: another function's file of the same name, such as app.py.
        if name == module or file.startswith(f"{function.code}{os.sep}"):
            del sys.modules[name]
    return importlib.import_module(module)


def _root(function: Function, module: str) -> Path:
    """Return the folder that `module` is importable from: the function's code, or one above it (SAM's ParentPackageMode)."""
    file = Path(*module.split(".")).with_suffix(".py")
    for folder in (function.code, *function.code.parents):
        if (folder / file).is_file():
            return folder
    raise StackError(f"{function.logical_id}: its handler {function.handler} has no file {file} in or above {function.code}.")
