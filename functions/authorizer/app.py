"""The Lambda authorizer that other APIs put in front of their routes; `gatepost_verifier.settings` says how to configure it."""

from typing import Any

from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.settings import Settings

authorizer = Authorizer.from_settings(Settings.from_environment())


def handler(event: object, context: object) -> dict[str, Any]:
    """Answer an authorizer's event of a REST, HTTP or WebSocket API."""
    return authorizer.answer(event)
