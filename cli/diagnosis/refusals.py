"""What it means that AWS doesn't show something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from gatepost.errors import Unavailable

_REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")


class NotSeen(Exception):
    """A check can't look: why, and what would let it."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


@contextmanager
def seeing(service: str) -> Iterator[None]:
    """Raise `NotSeen` for what AWS, or its SDK, raises inside the block."""
    try:
        yield
    except (ClientError, BotoCoreError, Unavailable) as exc:
        raise _not_seen(service, exc.__cause__ if isinstance(exc, Unavailable) and exc.__cause__ else exc) from exc


def _not_seen(service: str, exc: BaseException) -> NotSeen:
    if not isinstance(exc, ClientError):
        return NotSeen(f"It can't be asked: {exc}", "Check the network, then try again.")
    error = exc.response["Error"]
    code, message = error.get("Code", "an error"), error.get("Message", "")
    if code == "UnknownOperationException":
        return NotSeen("DynamoDB Local has nothing of the kind.")
    if code not in _REFUSED:
        return NotSeen(f"AWS says {code} at {exc.operation_name}: {message}", "Try again.")
    named = _ACTION.search(message)
    prefix = "ses" if service == "sesv2" else service
    return NotSeen("You lack the right to look.", allow(named[1] if named else f"{prefix}:{exc.operation_name}"))


def allow(action: str) -> str:
    """Return what lets one look who lacks the right to do `action`."""
    return f"Have {action} allowed to you."
