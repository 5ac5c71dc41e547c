"""`python -m local`: the whole service on this machine. With `--reload` it starts again at every change of the code.

Reads PORT (3000), EXAMPLE_PORT (3001), GATEPOST_ADMIN_PASSWORD, GATEPOST_ALLOWED_ORIGINS, GATEPOST_LIMITS_SCALE and
AWS_ENDPOINT_URL_DYNAMODB.
"""

import argparse
import os
import shlex
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from local.errors import StackError

TEMPLATE = Path("template.yaml")
EXAMPLE_TEMPLATE = Path("examples/orders/template.yaml")
_WATCHED = ("functions", "layers", "local", "examples", "template.yaml")


def main() -> int:
    """Run the command line. Returns the exit code: 0 after Ctrl-C, 1 if the stack can't start."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Runs Gatepost on this machine, without an AWS account."
    )
    parser.add_argument("--reload", action="store_true", help="start again at every change of the code")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        _reload() if arguments.reload else _serve()
    except StackError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _exit(*_: object) -> NoReturn:
    """Leave from wherever the main thread is, as the developer asked for: that's no failure."""
    sys.exit(0)


def _serve() -> None:
    # Checked before the slow imports, so that a taken port is told at once.
    from local.server import Server, port_from_environment, reserve  # noqa: PLC0415

    port, example_port = port_from_environment("PORT", 3000), port_from_environment("EXAMPLE_PORT", 3001)
    with ExitStack() as cleanup:
        socket = cleanup.enter_context(reserve(port, "PORT"))
        example_socket = cleanup.enter_context(reserve(example_port, "EXAMPLE_PORT")) if EXAMPLE_TEMPLATE.exists() else None

        from local.aws import DYNAMODB_URL, embedded_aws  # noqa: PLC0415
        from local.seed import ADMINISTRATOR, ensure_administrator  # noqa: PLC0415
        from local.stack import Stack  # noqa: PLC0415
        from local.tour import tour  # noqa: PLC0415

        api, example = f"http://localhost:{port}", f"http://localhost:{example_port}" if example_socket else None
        parameters = {
            "Issuer": api,
            "Audience": "https://api.example.com",
            "ServiceName": "Gatepost",
            "MailFrom": "no-reply@example.com",
            "AllowedOrigins": os.environ.get("GATEPOST_ALLOWED_ORIGINS", ""),
        }
        mailbox = cleanup.enter_context(embedded_aws())
        scale = os.environ.get("GATEPOST_LIMITS_SCALE", "")
        stack = cleanup.enter_context(Stack(TEMPLATE, mailbox, parameters=parameters, limits_scale=scale))
        password = ensure_administrator(stack)
        servers = [Server(stack.gateway, socket)]
        if example_socket:
            orders = cleanup.enter_context(
                Stack(
                    EXAMPLE_TEMPLATE,
                    mailbox,
                    name="orders-local",
                    parameters={"Issuer": api, "Audience": parameters["Audience"]},
                )
            )
            orders.start()
            # First, so that the service's /health speaks for both.
            servers.insert(0, Server(orders.gateway, example_socket))
        stack.start()
        for server in servers:
            cleanup.callback(server.stop)
            server.start()
        print(tour(api, example, ADMINISTRATOR, password, os.environ.get(DYNAMODB_URL)), flush=True)
        threading.Event().wait()


def _reload() -> None:
    from watchfiles import PythonFilter, run_process  # noqa: PLC0415

    from local.seed import PASSWORD_VARIABLE, new_password  # noqa: PLC0415

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
