"""The service with the examples beside it, until the process is told to stop."""

import gc
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from local import TEMPLATE
from local.administrator import ADMINISTRATOR
from local.aws import DYNAMODB_URL, embedded_aws
from local.examples import Example
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
    api = f"http://localhost:{port}"
    parameters = {
        "Issuer": api,
        "Audience": AUDIENCE,
        "ServiceName": "Gatepost",
        "FirstAdminEmail": ADMINISTRATOR,
        "MailFrom": "no-reply@example.com",
        "AllowedOrigins": os.environ.get("GATEPOST_ALLOWED_ORIGINS", ""),
    }
    scale = os.environ.get("GATEPOST_LIMITS_SCALE", "")
    with ExitStack() as cleanup:
        mailbox = cleanup.enter_context(embedded_aws())
        password = administrator_password()
        # Before the stack would invite the first administrator.
        seed = partial(ensure_administrator, password=password)
        service = cleanup.enter_context(Stack(TEMPLATE, mailbox, parameters=parameters, limits_scale=scale, prepare=seed))
        # Before the service, whose /health speaks for all.
        of_examples = {"Issuer": api, "Audience": AUDIENCE}
        for example, its_port in examples.items():
            stack = Stack(example.template, mailbox, name=example.stack, parameters=of_examples)
            _serve(cleanup.enter_context(stack), its_port, cleanup)
        _serve(service, port, cleanup)
        gc.freeze()
        gc.enable()
        urls = {example.title: example.url.format(its_port) for example, its_port in examples.items()}
        print(tour(api, urls, ADMINISTRATOR, password, os.environ.get(DYNAMODB_URL)), flush=True)
        threading.Event().wait()


def _serve(stack: Stack, port: int, cleanup: ExitStack) -> None:
    server = Server(stack.gateway, port)
    cleanup.callback(server.stop)
    stack.start()
    server.start()
