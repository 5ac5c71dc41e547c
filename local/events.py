"""HTTP requests, the routes they matched, and Lambda's answers to them as HTTP responses.

What a function is sent stands in `payload_v1` and `payload_v2`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from local.model import Api, Route
from local.resources import ACCOUNT, REGION

Headers = tuple[tuple[str, str], ...]

# The gateway passes bodies of these types on as text, all others in base64; also one without a type, and HTML forms.
_TEXT = ("application/javascript", "application/json", "application/xml")


@dataclass(frozen=True)
class Request:
    """An HTTP request. `target` is the path and query as they were sent; header names are in lower case."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    http_version: str = "1.1"

    @property
    def path(self) -> str:
        """The path as an HTTP API sees it: decoded, and cut off at a decoded question mark. It matches routes by it, too."""
        return unquote(self.raw_path).partition("?")[0]

    @property
    def raw_path(self) -> str:
        """The path as it was sent, which is how a REST API sees it."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Return the header `name` (lower case), several of them joined by a comma; empty if there is none."""
        return ",".join(value for key, value in self.headers if key == name)

    @property
    def host(self) -> str:
        """The name of the host that was asked, without a port."""
        return self.header("host").rpartition(":")[0] or self.header("host")


@dataclass(frozen=True)
class Response:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header `name` (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """Return the body parsed as JSON."""
        return json.loads(self.body)


class MalformedAnswer(Exception):
    """A function answered with something that the gateway can't turn into a response."""


@dataclass(frozen=True)
class Call:
    """A request that matched a route. `path` is what it matched by, without the stage: decoded by an HTTP API, else as sent."""

    request: Request
    api: Api
    route: Route
    path: str
    path_parameters: Mapping[str, str]
    id: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(11)).decode())

    @property
    def arn(self) -> str:
        """What a policy names: ``arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH``, or ``…/STAGE/$connect``."""
        asked = f"/{self.route.key}" if self.api.protocol == "WEBSOCKET" else f"/{self.request.method}{self.path}"
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api.id}/{self.api.stage}{asked}"

    @property
    def staged_path(self) -> str:
        """`path` with the stage, if the stage has a name."""
        return self.path if self.api.stage == "$default" else f"/{self.api.stage}{self.path}"


def forwarded(request: Request) -> dict[str, str]:
    """Return the headers that the gateway adds to those of `request`."""
    before = request.header("x-forwarded-for")
    _, colon, port = request.header("host").rpartition(":")
    return {
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": f"{before}, {request.source_ip}" if before else request.source_ip,
        "x-forwarded-port": port if colon and port.isdecimal() else "80",
        "x-forwarded-proto": "http",
    }


def request_time(seconds: float) -> str:
    """Return a time as events show it, for example ``27/Nov/2026:10:00:00 +0000``."""
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(seconds))


def event_body(request: Request) -> tuple[str, bool]:
    """Return the body as it stands in an event of an HTTP API, and whether it's in base64."""
    content_type = request.header("content-type").partition(";")[0].strip().lower()
    if not request.body:
        return "", False
    if content_type.startswith("text/") or content_type in _TEXT or content_type.endswith(("+json", "+xml")):
        return request.body.decode("utf-8", errors="replace"), False
    return base64.b64encode(request.body).decode(), True


def to_response(answer: Any, request_id: str, *, payload: Literal["1.0", "2.0"] = "2.0", rest: bool = False) -> Response:
    """Return the answer of a function as an HTTP response; `rest` for a REST API.

    With payload format 2.0, an answer without `statusCode` is taken as the JSON body of a 200, and each cookie becomes a
    set-cookie header. With 1.0, `multiValueHeaders` come before `headers` of the same name.

    Raises:
        MalformedAnswer: if the gateway could make nothing of it.
    """
    identifier = ("x-amzn-requestid" if rest else "apigw-requestid", request_id)
    if not (isinstance(answer, dict) and "statusCode" in answer):
        if payload == "1.0":
            raise MalformedAnswer("an answer of payload format 1.0 must have a statusCode")
        return Response(200, (("content-type", "application/json"), identifier), json.dumps(answer).encode())
    try:
        headers = {name.lower(): [_header_text(value)] for name, value in (answer.get("headers") or {}).items()}
        if payload == "1.0":
            several = answer.get("multiValueHeaders") or {}
            headers |= {name.lower(): [_header_text(value) for value in values] for name, values in several.items()}
        else:
            headers |= {"set-cookie": [_header_text(cookie) for cookie in answer.get("cookies") or ()]}
        headers.setdefault("content-type", ["application/json" if rest else "text/plain;charset=UTF-8"])
        body = _answer_body(answer)
        status = int(answer["statusCode"])
    except (AttributeError, TypeError, ValueError) as exc:
        raise MalformedAnswer(f"{exc} in {answer!r}"[:1000]) from exc
    if not 200 <= status <= 599:
        raise MalformedAnswer(f"the status {status} can't be sent")
    return Response(status, (*((name, value) for name, values in headers.items() for value in values), identifier), body)


def _header_text(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError(f"a header must be text, not {value!r}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text:
        raise ValueError(f"a header must not hold a line break: {text!r}")
    text.encode("latin-1")  # raises ValueError for what HTTP/1.1 can't carry
    return text


def _answer_body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body") or ""
    if not isinstance(body, str):
        raise TypeError("the body must be text")
    return base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode("utf-8")
