"""Invites the first administrator, for the stack's custom resource."""

from typing import Any

from gatepost import correlation, telemetry
from gatepost.accounts import email_addresses
from gatepost.administration.first_administrator import ensure_invited
from gatepost.aws.custom_resources import respond
from gatepost.caller import Caller
from gatepost.config import SetupSettings
from gatepost.service import connect

logger = telemetry.logger()
service = connect(SetupSettings.from_environment())
_RESOURCE = "first-administrator"


@telemetry.emitted(service.settings.deployment)
def handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation's request for the custom resource, whose property `Email` is the address. Deletion does nothing."""
    with correlation.serving(event["RequestId"]):
        _answer(event)


def _answer(event: dict[str, Any]) -> None:
    try:
        if event["RequestType"] != "Delete":
            email = email_addresses.parse(event["ResourceProperties"]["Email"])
            ensure_invited(service, email, Caller(ip="", user_agent="CloudFormation", request_id=event["RequestId"]))
    except Exception as exc:
        # CloudFormation waits an hour for an answer that doesn't come, so a failure is one too; it stops the deployment.
        logger.exception("the first administrator could not be invited")
        respond(
            event,
            _RESOURCE,
            "FAILED",
            f"The first administrator could not be invited: {type(exc).__name__}. The log of this function says why.",
        )
    else:
        respond(event, _RESOURCE, "SUCCESS")
