"""Lambda authorizers, asked and applied as API Gateway does it: one module a rule.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html (REST APIs)
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

import logging
import time
from collections.abc import Callable, Mapping

from local.authorizers.answers import Answer, AnswerInvalid, read_answer
from local.authorizers.authorizer_events import authorizer_event
from local.authorizers.identity_sources import identity
from local.authorizers.policies import Verdict
from local.authorizers.results import Results
from local.events import Call
from local.functions import Invocable
from local.model import Authorizer
from local.refusals import Reason, Refused

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
_MAX_ARN_BYTES = 1600

logger = logging.getLogger(__name__)


class Authorizers:
    """Asks the authorizers of one API, and keeps their results. `clock` gives seconds that never go back."""

    def __init__(self, functions: Mapping[str, Invocable], clock: Callable[[], float] = time.monotonic) -> None:
        self._functions = functions
        self._results = Results(clock)

    def authorize(self, authorizer: Authorizer, call: Call) -> Answer:
        """Return the answer of `authorizer` that lets `call` go on.

        A kept answer is applied anew: an IAM policy is looked at for this call's own method and path, a yes is a yes for
        whatever has the same identity.

        Raises:
            Refused: as unauthorized if an identity source is missing (nobody is asked then) or the function raises the exact
                message ``Unauthorized``; as denied if the answer says so; as the authorizer's failure for anything else.
        """
        if call.api.protocol != "HTTP" and len(call.arn.encode()) > _MAX_ARN_BYTES:
            raise Refused(Reason.URI_TOO_LONG)
        values = identity(authorizer, call)
        if values is None:
            raise Refused(Reason.UNAUTHORIZED)
        answer = self._results.kept(authorizer, values) or self._ask(authorizer, call, values)
        match answer.verdict(call.arn):
            case Verdict.EXPLICITLY_DENIED:
                raise Refused(Reason.EXPLICITLY_DENIED)
            case Verdict.DENIED:
                raise Refused(Reason.ACCESS_DENIED)
        return answer

    def _ask(self, authorizer: Authorizer, call: Call, values: tuple[str, ...]) -> Answer:
        try:
            said = self._functions[authorizer.function].invoke(authorizer_event(authorizer, call, values))
        except Exception as exc:  # whatever a function raises, the gateway answers
            if str(exc) == "Unauthorized":
                raise Refused(Reason.UNAUTHORIZED) from exc
            logger.exception("The authorizer %s failed", authorizer.name)
            raise Refused(Reason.AUTHORIZER_FAILED) from exc
        try:
            answer = read_answer(authorizer, said)
        except AnswerInvalid as exc:
            logger.error("The authorizer %s answered what the gateway can't use: %s", authorizer.name, exc)
            raise Refused(Reason.AUTHORIZER_FAILED) from exc
        self._results.keep(authorizer, values, answer)
        return answer
