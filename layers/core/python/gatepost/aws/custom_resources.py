"""Answering CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
from typing import Any, Literal
from urllib.request import Request, urlopen

_TIMEOUT = 10  # seconds


def respond(event: dict[str, Any], physical_id: str, status: Literal["SUCCESS", "FAILED"], reason: str = "") -> None:
    """Send the result of a custom resource request to where CloudFormation waits for it. `physical_id` is what a new resource
    is called.

    Raises:
        OSError: if it can't be delivered; Lambda then tries the whole request again.
    """
    body = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId", physical_id),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    # The URL is CloudFormation's own, signed for exactly this: a PUT with an empty content type.
    request = Request(event["ResponseURL"], json.dumps(body).encode(), {"content-type": ""}, method="PUT")  # noqa: S310
    urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310
