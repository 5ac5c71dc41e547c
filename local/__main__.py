"""`python -m local`: the whole service on this machine. With `--reload` it starts again at every change of the code.

Reads PORT (3000), EXAMPLE_PORT (3001), EXAMPLE_REST_PORT and EXAMPLE_WEBSOCKET_PORT (3002 and 3003, or any if that is taken),
GATEPOST_ADMIN_PASSWORD, GATEPOST_ALLOWED_ORIGINS, GATEPOST_LIMITS_SCALE and AWS_ENDPOINT_URL_DYNAMODB.
"""

import argparse
import gc
import logging
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from local.administrator import PASSWORD_VARIABLE, new_password
from local.errors import StackError
from local.examples import Example, example_ports
from local.ports import free_port

_WATCHED = ("functions", "layers", "local", "examples", "template.yaml")


def main() -> int:
    """Run the command line. Returns the exit code: 0 after Ctrl-C, 1 if the stack can't start."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Runs Gatepost on this machine, without AWS.")
    parser.add_argument("--reload", action="store_true", help="start again at every change of the code")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        # Before the slow imports, so that a taken port is told at once.
        port = free_port("PORT", 3000)
        examples = example_ports(taken=port)
        if arguments.reload:
            _restart_on_change()
        else:
            _run(port, examples)
    except StackError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _exit(*_: object) -> NoReturn:
    """Leave from wherever the main thread is, as the developer asked for: that's no failure."""
    sys.exit(0)


def _run(port: int, examples: Mapping[Example, int]) -> None:
    # The start is imports above all, and what they make stays: looking through it for garbage would cost a fifth of the time.
    # `run` collects again once it serves.
    gc.disable()
    from local.run import run  # noqa: PLC0415

    run(port, examples)


def _restart_on_change() -> None:
    from watchfiles import PythonFilter, run_process  # noqa: PLC0415

    logging.getLogger("watchfiles").setLevel(logging.ERROR)
    # The same at every restart.
    os.environ.setdefault(PASSWORD_VARIABLE, new_password())
    run_process(
        *(path for path in _WATCHED if Path(path).exists()),
        target=f"{shlex.quote(sys.executable)} -m local",
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=(".html", ".txt", ".yaml")),
    )


if __name__ == "__main__":
    sys.exit(main())
