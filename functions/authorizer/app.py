"""The Lambda authorizer that other APIs put in front of their routes; `gatepost_verifier.settings` says how to configure it."""

from typing import Any

from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.settings import Settings

authorizer = Authorizer.from_settings(Settings.from_environment())


def handler(event: object, context: object) -> dict[str, Any]:
    """Answer an HTTP API's authorizer event of payload format 2.0 with a simple response."""
    return authorizer.simple_response(event)
