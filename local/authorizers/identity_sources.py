"""Identity sources: what must be there before an authorizer is asked, and what its results are kept by."""

import re
from collections.abc import Callable, Mapping

from local.events import Call
from local.model import Authorizer
from local.payload_v2 import query_parameters

CONTEXT: Mapping[str, Callable[[Call], str]] = {
    "httpMethod": lambda call: call.request.method,
    "path": lambda call: call.staged_path,
    "routeKey": lambda call: call.route.key,
    "resourcePath": lambda call: call.route.path,
    "stage": lambda call: call.api.stage,
    "identity.sourceIp": lambda call: call.request.source_ip,
}
"""What may be named of a request's context, of the much that the gateway knows."""


def identity(authorizer: Authorizer, call: Call) -> tuple[str, ...] | None:
    """Return the values of the identity sources; None if one is missing or empty, or doesn't match the validation expression.

    The documentation leaves open whether the expression must match the whole value. Here it must.
    """
    values = tuple(_value(source, call) for source in authorizer.identity_sources)
    if not all(values):
        return None
    if authorizer.validation and not all(re.fullmatch(authorizer.validation, value) for value in values):
        return None
    return values


def _value(source: str, call: Call) -> str:
    if name := _after("request.header.", source):
        return call.request.header(name.lower())
    if name := _after("request.querystring.", source):
        return query_parameters(call.request).get(name, "")
    if name := _after("stageVariables.", source):
        return call.api.stage_variables.get(name, "")
    return CONTEXT[source.removeprefix("context.")](call)


def _after(prefix: str, source: str) -> str:
    return source.removeprefix(prefix) if source.startswith(prefix) else ""
