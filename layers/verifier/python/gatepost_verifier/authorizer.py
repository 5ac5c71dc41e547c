"""A Lambda authorizer: event in, decision, answer out. Whatever is unexpected is a denial."""

import logging
from dataclasses import dataclass
from typing import Any, Self

from gatepost_verifier.bearer import bearer_token
from gatepost_verifier.claims import AccessToken
from gatepost_verifier.decision import Decision, Default, decide
from gatepost_verifier.errors import BearerInvalid, VerificationError
from gatepost_verifier.events import Request, http_api_v2_request
from gatepost_verifier.route_rules import Rule
from gatepost_verifier.settings import Settings
from gatepost_verifier.tokens import Verifier

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authorizer:
    """What it takes to decide about calls: whose tokens, and which route needs what."""

    verifier: Verifier
    rules: tuple[Rule, ...]
    default: Default

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The authorizer that `settings` ask for."""
        return cls(Verifier.from_settings(settings), settings.rules, settings.default)

    def simple_response(self, event: object) -> dict[str, Any]:
        """The answer to an HTTP API's authorizer event of payload format 2.0, in the simple response format.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html. Raises
        `Exception("Unauthorized")`, which the gateway answers with 401, for a call without a valid token, and for whatever
        can't be understood.
        """
        try:
            answer = self._answer(http_api_v2_request(event))
        except Exception as error:  # noqa: BLE001 - what nobody foresaw must not become an Allow, nor a 500 with our words in it
            _log_failure(error)
            answer = None
        if answer is None:
            # Word for word, or the gateway answers 500. Outside of the handler above, so that it carries no other exception.
            raise Exception("Unauthorized")
        return answer

    def _answer(self, request: Request) -> dict[str, Any] | None:
        """The simple response, None for "Unauthorized"."""
        token: AccessToken | None = None
        problem = None
        try:
            token = self.verifier.verify(_bearer(request))
        except VerificationError as error:
            problem = error.code
        decision = decide(self.rules, self.default, request.method, request.path, token)
        answer: dict[str, Any] | None = {"isAuthorized": decision.allowed}
        if decision.allowed:
            answer = {"isAuthorized": True, "context": {} if token is None else context(token)}
        elif decision.status == 401:
            answer = None
        _log(decision, problem)
        return answer


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


def _log(decision: Decision, problem: str | None) -> None:
    # Neither token nor path: both may hold what a log mustn't.
    fields = {"status": decision.status, "reason": decision.reason, "rule": str(decision.rule or ""), "token_problem": problem}
    _logger.info("allowed" if decision.allowed else "refused", extra=fields)


def _log_failure(error: Exception) -> None:
    # Where it happened, not what it says: a message may repeat anything.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    _logger.error("refused, since something unexpected happened: %s in %s", type(error).__name__, where)
