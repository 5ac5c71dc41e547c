"""What an authorizer may answer: a yes or no, or an IAM policy; both with a context for the integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.authorizers.policies import PolicyInvalid, Statement, Verdict, evaluate, read_policy
from local.model import Authorizer

_MAX_BYTES = 8192  # of the policy, and of the context


class AnswerInvalid(ValueError):
    """The gateway can't use the answer; the message says why."""


@dataclass(frozen=True)
class Answer:
    """An answer that can be applied to any call of the same identity. `statements` is None for a yes or no."""

    authorized: bool
    statements: tuple[Statement, ...] | None
    principal: str | None
    context: Mapping[str, Any]

    def verdict(self, arn: str) -> Verdict:
        """Return what the answer says about the method and path of `arn`."""
        if self.statements is not None:
            return evaluate(self.statements, arn)
        return Verdict.ALLOWED if self.authorized else Verdict.DENIED

    @property
    def v1_context(self) -> dict[str, Any]:
        """The context as `requestContext.authorizer` of payload format 1.0."""
        return {**self.context, **({"principalId": self.principal} if self.principal else {})}

    @property
    def v2_context(self) -> dict[str, Any]:
        """The context as `requestContext.authorizer` of payload format 2.0."""
        return {"lambda": dict(self.context) or None}


def read_answer(authorizer: Authorizer, said: Any) -> Answer:
    """Return the answer in what the function of `authorizer` said.

    Raises:
        AnswerInvalid: if it isn't what the authorizer was declared to answer, or over the gateway's limits.
    """
    if not isinstance(said, dict):
        raise AnswerInvalid(f"an object is expected, not {said!r}"[:200])
    context = _context(authorizer, said.get("context"))
    if authorizer.simple:
        if not isinstance(said.get("isAuthorized"), bool):
            raise AnswerInvalid("isAuthorized must be true or false")
        return Answer(said["isAuthorized"], None, None, context)
    principal = said.get("principalId")
    if not isinstance(principal, str) or not principal:
        raise AnswerInvalid("principalId must be text")
    _check_size("policyDocument", said.get("policyDocument"))
    try:
        return Answer(True, read_policy(said.get("policyDocument")), principal, context)
    except PolicyInvalid as exc:
        raise AnswerInvalid(str(exc)) from exc


def _context(authorizer: Authorizer, given: Any) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise AnswerInvalid("context must be an object")
    _check_size("context", given)
    # In format 2.0 the documentation's own example hands over lists and objects.
    if authorizer.payload != "2.0" and not all(isinstance(value, str | int | float) for value in given.values()):
        raise AnswerInvalid("context may hold text, numbers and booleans alone")
    if authorizer.payload in ("TOKEN", "REQUEST"):
        return {name: _as_text(value) for name, value in given.items()}
    return given


def _as_text(value: Any) -> str:
    # REST and WebSocket APIs hand every value over as text.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_size(member: str, value: Any) -> None:
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    if size > _MAX_BYTES:
        raise AnswerInvalid(f"{member} has {size} bytes, more than {_MAX_BYTES}")
