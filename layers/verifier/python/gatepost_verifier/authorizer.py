"""A Lambda authorizer: event in, decision, answer out. Whatever is unexpected is a denial."""

import json
import logging
from collections.abc import Sequence
from typing import Any, Self

from gatepost_verifier.bearer import bearer_token
from gatepost_verifier.claims import AccessToken
from gatepost_verifier.decision import Decision, Default, decide
from gatepost_verifier.errors import BearerInvalid, VerificationError
from gatepost_verifier.events import Request, V2Response, read_request
from gatepost_verifier.iam_policy import PolicyCompiler
from gatepost_verifier.method_arn import MethodArn
from gatepost_verifier.route_rules import CONNECT, Rule
from gatepost_verifier.settings import Settings
from gatepost_verifier.tokens import Verifier

ANONYMOUS = "anonymous"
"""The principal of a call without a valid token; a user's is `sub`."""
MAX_CONNECT_ANSWER_BYTES = 8192
"""Of a WebSocket API's authorizer
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)."""

_logger = logging.getLogger(__name__)


class Authorizer:
    """What it takes to decide about calls: whose tokens, and which route needs what."""

    def __init__(self, verifier: Verifier, rules: Sequence[Rule], default: Default, v2_response: V2Response = "simple") -> None:
        self.verifier = verifier
        self._rules = rules
        self._default = default
        self._v2_response = v2_response
        self._policies = PolicyCompiler(rules, default)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The authorizer that `settings` ask for."""
        return cls(Verifier.from_settings(settings), settings.rules, settings.default, settings.v2_response)

    def answer(self, event: object) -> dict[str, Any]:
        """The answer to an authorizer's event of a REST, HTTP or WebSocket API: an IAM policy, or whether it `isAuthorized`.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html and
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html. Raises
        `Exception("Unauthorized")`, which the gateways answer with 401, for a call without a valid token, and for whatever
        can't be understood.
        """
        request_id = _request_id(event)
        try:
            answer = self._answer(read_request(event, self._v2_response), request_id)
        except Exception as error:  # noqa: BLE001 - what nobody foresaw must not become an Allow, nor a 500 with our words in it
            _log_failure(error, request_id)
            answer = None
        if answer is None:
            # Word for word, or the gateway answers 500. Outside of the handler above, so that it carries no other exception.
            raise Exception("Unauthorized")
        return answer

    def _answer(self, request: Request, request_id: str | None) -> dict[str, Any] | None:
        """The answer, None for "Unauthorized"."""
        token: AccessToken | None = None
        problem = None
        try:
            token = self.verifier.verify(_bearer(request))
        except VerificationError as error:
            problem = error.code
        decision = decide(self._rules, self._default, request.method, request.path, token)
        answer: dict[str, Any] | None = None
        if decision.status != 401 and request.arn is None:
            answer = _simple_response(decision, token)
        elif decision.status != 401 and request.arn is not None:
            decision, answer = self._policy_response(decision, request.arn, token)
        _log(decision, problem, request_id)
        return answer

    def _policy_response(
        self, decision: Decision, arn: MethodArn, token: AccessToken | None
    ) -> tuple[Decision, dict[str, Any]]:
        """The answer with a policy, and what it comes to: a denial if the gateway wouldn't take one that allows the call."""
        document = self._policies.policy(arn, decision.allowed, token)
        if document is not None:
            answer = _with_policy(document, token)
            if arn.method != CONNECT:
                return decision, answer
            # The policy speaks about the connection alone, so a denial has nobody to tell of the caller.
            answer["context"] = answer["context"] if decision.allowed else {}
            if len(json.dumps(answer).encode()) <= MAX_CONNECT_ANSWER_BYTES:
                return decision, answer
        denial = Decision(403, "answer_too_large", decision.rule)
        return denial, _with_policy(self._policies.denial(arn), None)


def _simple_response(decision: Decision, token: AccessToken | None) -> dict[str, Any]:
    if not decision.allowed:
        return {"isAuthorized": False}
    return {"isAuthorized": True, "context": {} if token is None else context(token)}


def _with_policy(document: dict[str, Any], token: AccessToken | None) -> dict[str, Any]:
    # The caller is told of also with a denial: kept, the policy may allow another call.
    return {
        "principalId": ANONYMOUS if token is None else token.sub,
        "policyDocument": document,
        "context": {} if token is None else context(token),
    }


def context(token: AccessToken) -> dict[str, str | int]:
    """What the API behind is told about its caller. Lists are joined by a blank, absent claims are empty.

    It only repeats the payload of a token of bounded length, and so stays below 8 KB. Raises ValueError if a name in a list
    has a blank or is empty: joined, it would read as other names.
    """
    return {
        "sub": token.sub,
        "sid": token.sid or "",
        "client_id": token.client_id,
        "scope": " ".join(token.scope),
        "roles": _joined(token.roles),
        "permissions": _joined(token.permissions),
        "amr": _joined(token.amr),
        "exp": token.exp,
    }


def _joined(names: tuple[str, ...]) -> str:
    joined = " ".join(names)
    if joined.split() != list(names):
        raise ValueError("a name in a list of the token has a blank or is empty")
    return joined


def _bearer(request: Request) -> str:
    if len(request.authorization) > 1:
        raise BearerInvalid("the request has several Authorization fields")
    return bearer_token(request.authorization[0] if request.authorization else None)


def _request_id(event: object) -> str | None:
    """The gateway's id of the request that `event` is about, for the log; the events of TOKEN authorizers have none."""
    match event:
        case {"requestContext": {"requestId": str(request_id)}}:
            return request_id
    return None


def _log(decision: Decision, problem: str | None, request_id: str | None) -> None:
    # Neither token nor path: both may hold what a log mustn't.
    fields = {"status": decision.status, "reason": decision.reason, "rule": str(decision.rule or ""), "token_problem": problem}
    fields["request_id"] = request_id
    _logger.info("allowed" if decision.allowed else "refused", extra=fields)


def _log_failure(error: Exception, request_id: str | None) -> None:
    # Where it happened, not what it says: a message may repeat anything.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    _logger.error(
        "refused, since something unexpected happened: %s in %s",
        type(error).__name__,
        where,
        extra={"request_id": request_id},
    )
