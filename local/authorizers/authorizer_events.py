"""What an authorizer is sent: the shape depends on the kind of API and on the format it was declared with.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html#http-api-lambda-authorizer.payload-format
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from typing import Any

from local import payload_v1, payload_v2, websocket_events
from local.events import Call
from local.model import Authorizer


def authorizer_event(authorizer: Authorizer, call: Call, identity: tuple[str, ...]) -> dict[str, Any]:
    """Return the event for `authorizer` about `call`, `identity` being the values of its identity sources. No body is in it."""
    match authorizer.payload:
        case "TOKEN":
            return {"type": "TOKEN", "authorizationToken": identity[0], "methodArn": call.arn}
        case "REQUEST":
            event = websocket_events.connect_event if call.api.protocol == "WEBSOCKET" else payload_v1.request_event
            return {"type": "REQUEST", "methodArn": call.arn, **event(call)}
        case "1.0":
            joined = ",".join(identity)
            source = {"identitySource": joined, "authorizationToken": joined}
            return {"version": "1.0", "type": "REQUEST", "methodArn": call.arn, **source, **payload_v1.request_event(call)}
        case "2.0":
            source_list = {"identitySource": list(identity)}
            return {"type": "REQUEST", "routeArn": call.arn, **source_list, **payload_v2.request_event(call)}
