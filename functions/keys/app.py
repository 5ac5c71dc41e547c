"""Makes the first signing keys for the stack's custom resource, rotates them on a schedule or where it's asked for, and removes
one that mustn't be trusted any more.
"""

from typing import Any, Unpack

from gatepost import correlation, telemetry
from gatepost.audit import By
from gatepost.aws.custom_resources import respond
from gatepost.caller import Caller
from gatepost.config import KeysSettings
from gatepost.errors import Conflict, NotFound, Unavailable
from gatepost.signing.rotation import connect, ensure_first_keys, remove, rotate, rotate_early

logger = telemetry.logger()
keys = connect(KeysSettings.from_environment())
_RESOURCE = "signing-keys"


@telemetry.emitted(keys.settings.deployment)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer CloudFormation's request for the custom resource; or remove a key (`remove`) because an operator asks for it; or
    rotate because somebody asks for it (`asked_by`): an administrator, by the admin function, or an operator; or rotate what
    is due.

    Deleting the resource deletes nothing: the table is retained, and with it the keys that verify tokens still out there.
    """
    # Whoever asks has an id of their own request, which goes on here.
    with correlation.serving(event.get("asked_by", {}).get("request_id") or context.aws_request_id):
        return _answer(event)


def _answer(event: dict[str, Any]) -> dict[str, Any] | None:
    if "remove" in event:
        return _remove(event["remove"], **event["asked_by"])
    if "asked_by" in event:
        return _rotate_early(**event["asked_by"])
    if "ResponseURL" not in event:
        return {"version": rotate(keys)}
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


def _rotate_early(ip: str, user_agent: str, request_id: str, **by: Unpack[By]) -> dict[str, Any]:
    """Return by which conflict the rotation was refused, if it was: an exception would be a failure of this function."""
    try:
        rotate_early(keys, Caller(ip, user_agent, request_id), **by)
    except Conflict as exc:
        return {"refused": exc.code}
    return {"refused": None}


def _remove(kid: str, operator: str, **caller: str) -> dict[str, Any]:
    """Return by which error it was refused, if it was. A standby key that is missing afterwards is published at once, so that
    it ages.
    """
    try:
        remove(keys, kid, operator, Caller(**caller))
    except (Conflict, NotFound) as exc:
        return {"refused": exc.code}
    logger.warning("a signing key was removed", extra={"kid": kid, "operator": operator})
    try:
        rotate(keys)
    except Unavailable:
        # The key is gone, which was what mattered.
        logger.exception("no new standby key could be made; the hourly run tries again")
    return {"refused": None}
