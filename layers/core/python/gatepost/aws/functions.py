"""Calling another Lambda function and waiting for its answer."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gatepost.aws.clients import client, unavailable_on_failure
from gatepost.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The function may have to start first. Both tries together end before the caller's own time does (20 s).
_READ_TIMEOUT = 8  # seconds
_ATTEMPTS = 2


class RemoteFunction:
    """A function of this deployment, by its name. What it does must be the same if it's done twice: an answer may be lost."""

    def __init__(self, name: str) -> None:
        self._name = name

    def invoke(self, event: dict[str, Any]) -> Any:
        """Return what the function answers to `event`.

        Raises:
            Unavailable: if it can't be called, or fails.
        """
        with unavailable_on_failure():
            answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
            payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Unavailable
        return json.loads(payload)

    @cached_property
    def _client(self) -> "LambdaClient":
        """Made at the first call: few environments ever make one."""
        return client("lambda", read_timeout=_READ_TIMEOUT, attempts=_ATTEMPTS)
