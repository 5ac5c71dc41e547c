"""The service with the examples beside it, until the process is told to stop."""

import gc
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from local import TEMPLATE
from local.administrator import ADMINISTRATOR
from local.aws import DYNAMODB_URL, embedded_aws
from local.examples import Example
from local.functions import ColdStart, LambdaFunction
from local.seed import administrator_password, ensure_administrator
from local.server import Server
from local.stack import Stack
from local.tour import tour

AUDIENCE = "https://api.example.com"


def run(port: int, examples: Mapping[Example, int]) -> None:
    """Serve the service, and the examples on their ports; print what a developer needs; wait.

    The way out is an exception, such as the `SystemExit` of the signals.

    Raises:
        StackError: if a template can't be run here.
    """
    with serving(port, examples) as guide:
        gc.freeze()
        gc.enable()
        print(guide, flush=True)
        threading.Event().wait()


@contextmanager
def serving(
    port: int, examples: Mapping[Example, int], template: Path = TEMPLATE, cold_start: ColdStart = LambdaFunction
) -> Iterator[str]:
    """Serve the service of `template`, and the examples on their ports, inside the block. Yields what a developer is told.

    Raises:
        StackError: if a template can't be run here.
    """
    api = f"http://localhost:{port}"
    with ExitStack() as cleanup:
        mailbox = cleanup.enter_context(embedded_aws())
        password = administrator_password()
        service = Stack(
            template,
            mailbox,
            parameters=service_parameters(api),
            limits_scale=os.environ.get("GATEPOST_LIMITS_SCALE", ""),
            # Before the stack would invite the first administrator.
            prepare=partial(ensure_administrator, password=password),
            cold_start=cold_start,
        )
        cleanup.enter_context(service)
        # Before the service, whose /health speaks for all.
        of_examples = {"Issuer": api, "Audience": AUDIENCE}
        for example, its_port in examples.items():
            stack = Stack(example.template, mailbox, name=example.stack, parameters=of_examples, cold_start=cold_start)
            _serve(cleanup.enter_context(stack), its_port, cleanup)
        _serve(service, port, cleanup)
        urls = {example.title: example.url.format(its_port) for example, its_port in examples.items()}
        yield tour(api, urls, ADMINISTRATOR, password, os.environ.get(DYNAMODB_URL))


def service_parameters(api: str) -> dict[str, str]:
    """Return the parameters of a service whose issuer is `api`."""
    return {
        "Issuer": api,
        "Audience": AUDIENCE,
        "ServiceName": "Gatepost",
        "FirstAdminEmail": ADMINISTRATOR,
        "MailFrom": "no-reply@example.com",
        "AllowedOrigins": os.environ.get("GATEPOST_ALLOWED_ORIGINS", ""),
    }


def _serve(stack: Stack, port: int, cleanup: ExitStack) -> None:
    server = Server(stack.gateway, port)
    cleanup.callback(server.stop)
    stack.start()
    server.start()
