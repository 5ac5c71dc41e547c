"""A process that is one environment of a function: it imports the handler, and answers lines of events by what they took.

    python -S benchmarks/invoker.py MODULE.HANDLER      in the function's folder, with its environment

Each line is a list of events in JSON; the answer to it is an object, see `invocations.Invoked`. With WITHOUT_HASH set every
password is right and costs nothing. Nothing of Gatepost is imported here: a peer's environment hasn't got it.
"""

import importlib
import io
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

CONTEXT = SimpleNamespace(
    aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    function_name="function",
    function_version="1",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:function",
    memory_limit_in_mb="1024",
    log_group_name="group",
    log_stream_name="stream",
    identity=None,
    client_context=None,
    get_remaining_time_in_millis=lambda: 20_000,
)


def main() -> None:
    """Answer until there are no more lines."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # What a function prints is its log.
    sys.stdout = log = io.StringIO()
    # This file's folder isn't the function's.
    sys.path[0] = str(Path.cwd())
    module, _, name = sys.argv[1].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    calls = _counted_calls()
    if "WITHOUT_HASH" in os.environ:
        _take_every_password()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        events = json.loads(line)
        log.seek(0)
        log.truncate()
        calls.clear()
        began = time.process_time()
        given = [handler(event, CONTEXT) for event in events]
        seconds = (time.process_time() - began) / len(events)
        logged = log.getvalue()
        answer = {
            "seconds": seconds,
            "calls": len(calls) / len(events),
            "log_lines": logged.count("\n") / len(events),
            "log_bytes": len(logged.encode()) / len(events),
            "answers": given,
        }
        print(json.dumps(answer), file=answers, flush=True)


def _counted_calls() -> list[str]:
    """Return a list to which the name of each call to AWS is added."""
    calls: list[str] = []
    if "botocore" in sys.modules:
        from botocore.endpoint import Endpoint  # noqa: PLC0415 (a function without AWS has none)

        make_request = Endpoint.make_request

        def counted(endpoint: Any, operation: Any, request: Any) -> Any:
            calls.append(operation.name)
            return make_request(endpoint, operation, request)

        patch.object(Endpoint, "make_request", counted).start()
    return calls


def _take_every_password() -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415 (only who hashes has it)

    patch.object(PasswordHasher, "verify", lambda *args, **kwargs: True).start()


if __name__ == "__main__":
    main()
