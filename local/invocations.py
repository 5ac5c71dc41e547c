"""Lambda's Invoke, by which one function of a stack calls another: the other's handler answers, in this process.

moto's own Lambda runs functions in Docker. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber

from local.measuring import Throttled

_INVOKE = re.compile(r"https://lambda\.[a-z0-9-]+\.amazonaws\.com/2015-03-31/functions/(?P<name>[^/]+)/invocations")
# A function's name or its ARN, and a version or an alias of it. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_FUNCTION = re.compile(r"(?:arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:)?(?P<name>[A-Za-z0-9_-]+)(?::[A-Za-z0-9$_-]+)?")
_JSON = {"content-type": "application/json"}

# By name; of stacks that share one, the last that was made answers.
_invocable: dict[str, list[Callable[[Any], Any]]] = {}

logger = logging.getLogger(__name__)


def make_invocable(name: str, invoke: Callable[[Any], Any]) -> Callable[[], None]:
    """Let the function `name` be called by others, inside `invocations`. Return a function that ends it."""
    answering = _invocable.setdefault(name, [])
    answering.append(invoke)
    return lambda: answering.remove(invoke)


@contextmanager
def invocations() -> Iterator[None]:
    """Answer Invoke inside the block. It must be inside moto's own, but outside of what lets in one request at a time."""
    process_request: Callable[..., Any] = BotocoreStubber.process_request

    def answering(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        called = _INVOKE.fullmatch(str(request.url))
        return _answer(unquote(called["name"]), request.body) if called else process_request(self, request)

    with patch.object(BotocoreStubber, "process_request", answering):
        try:
            yield
        finally:
            _invocable.clear()


def _answer(called: str, payload: Any) -> tuple[int, dict[str, str], bytes]:
    function = _FUNCTION.fullmatch(called)
    name = function["name"] if function else called
    if not _invocable.get(name):
        error = {"Type": "User", "Message": f"Function not found: {name}"}
        return 404, _JSON | {"x-amzn-errortype": "ResourceNotFoundException"}, json.dumps(error).encode()
    try:
        return 200, _JSON, json.dumps(_invocable[name][-1](json.loads(payload))).encode()
    except Throttled as exc:
        error = {"Type": "User", "Message": str(exc), "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
        return 429, _JSON | {"x-amzn-errortype": "TooManyRequestsException"}, json.dumps(error).encode()
    except Exception as exc:  # whatever a handler raises, Lambda answers
        logger.exception("%s failed", name)
        error = {"errorMessage": str(exc), "errorType": type(exc).__name__}
        return 200, _JSON | {"x-amz-function-error": "Unhandled"}, json.dumps(error).encode()
