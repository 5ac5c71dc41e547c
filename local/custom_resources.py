"""Creates custom resources: calls their function as CloudFormation does and waits for what it sends to the response URL.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.errors import StackError
from local.functions import Invocable
from local.model import CustomResource


def create_custom_resource(resource: CustomResource, function: Invocable, stack_id: str) -> None:
    """Send `function` a Create event for `resource`.

    Raises:
        StackError: if the function fails, answers FAILED or doesn't answer; with the reason.
    """
    with _response_url() as (url, answers):
        event = {
            "RequestType": "Create",
            "ResponseURL": url,
            "StackId": stack_id,
            "RequestId": str(uuid.uuid4()),
            "ResourceType": resource.type,
            "LogicalResourceId": resource.logical_id,
            # CloudFormation hands every scalar over as text.
            "ResourceProperties": _as_text(resource.properties),
        }
        try:
            function.invoke(event)
        except Exception as exc:
            raise StackError(f"The custom resource {resource.logical_id} failed: {resource.function} raised {exc!r}.") from exc
    if not answers:
        raise StackError(
            f"The custom resource {resource.logical_id} failed: {resource.function} sent nothing to the response URL."
        )
    if answers[0].get("Status") != "SUCCESS":
        raise StackError(f"The custom resource {resource.logical_id} failed: {answers[0].get('Reason', 'it gave no reason')}")


@contextmanager
def _response_url() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield a URL on this machine, and the list of what is PUT to it as JSON."""
    answers: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Print nothing: only failures are of interest, and those are raised."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{uuid.uuid4()}", answers
        server.shutdown()


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_text(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(member) for member in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
