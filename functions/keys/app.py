"""Makes the first signing keys for the stack's custom resource, and rotates them on a schedule."""

from typing import Any

from gatepost import telemetry
from gatepost.aws.custom_resources import respond
from gatepost.config import KeysSettings
from gatepost.signing.rotation import connect, ensure_first_keys, rotate

logger = telemetry.logger()
keys = connect(KeysSettings.from_environment())
_RESOURCE = "signing-keys"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer CloudFormation's request for the custom resource, or rotate what is due; with `{"early": true}`, sent by an
    operator, before it's due.

    Deleting the resource deletes nothing: the table is retained, and with it the keys that verify tokens still out there.
    """
    if "ResponseURL" not in event:
        return {"version": rotate(keys, early=bool(event.get("early")))}
    try:
        if event["RequestType"] != "Delete":
            ensure_first_keys(keys)
    except Exception as exc:
        # CloudFormation waits an hour for an answer that doesn't come, so a failure is one too; it stops the deployment.
        logger.exception("the first signing keys could not be made")
        respond(
            event,
            _RESOURCE,
            "FAILED",
            f"The first signing keys could not be made: {type(exc).__name__}. The log of this function says why.",
        )
    else:
        respond(event, _RESOURCE, "SUCCESS")
    return None
