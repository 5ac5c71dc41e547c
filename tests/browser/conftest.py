"""The service, the example's page at three origins, and a browser to look at it with."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from unittest.mock import patch

import pytest

from local.aws import embedded_aws
from local.events import Request, Response
from local.gateway import Gateway
from local.server import Server
from local.stack import Stack
from tests.browser.chromium import Chromium
from tests.browser.site import Person, Site
from tests.support import PARAMETERS, ROOT, Api, new_email

EXAMPLE = ROOT / "examples" / "browser"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Print nothing."""


@contextmanager
def _page() -> Iterator[int]:
    """Serve the example on a port of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(EXAMPLE))) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """All of it, served."""
    handle = Gateway.handle
    with ExitStack() as cleanup:
        ports = [cleanup.enter_context(_page()) for _ in range(2)]
        port = _free_port()
        api, page, neighbour = (f"http://localhost:{number}" for number in (port, *ports))
        parameters = PARAMETERS | {"Issuer": api, "AllowedOrigins": page}
        mailbox = cleanup.enter_context(embedded_aws())
        stack = cleanup.enter_context(Stack(ROOT / "template.yaml", mailbox, parameters=parameters))
        found = Site(stack, api, page, neighbour, page.replace("localhost", "127.0.0.1"))

        def handled(gateway: Gateway, request: Request) -> Response:
            answer = handle(gateway, request)
            found.answers.append((request, answer))
            found.gate.pass_through()
            return answer

        cleanup.enter_context(patch.object(Gateway, "handle", handled))
        server = Server(stack.gateway, port)
        server.start()
        cleanup.callback(server.stop)
        yield found


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser."""
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def person(chromium: Chromium, site: Site) -> Person:
    """Somebody who has an account, at a browser that knows nothing of it."""
    site.gate.open()
    email = new_email()
    Api(site.stack).sign_up(email, name="Ada")
    chromium.open("about:blank")
    chromium.clear()
    site.answers.clear()
    return Person(chromium, site, email)
