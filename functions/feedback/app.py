"""Takes what SES tells of bounces and complaints."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gatepost import correlation, telemetry
from gatepost.aws import ses_events
from gatepost.caller import of_service
from gatepost.config import FeedbackSettings
from gatepost.mail.feedback import connect, take

logger = telemetry.logger()
desk = connect(FeedbackSettings.from_environment())


@telemetry.emitted(desk.settings.deployment)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Take an event of EventBridge; it may come more than once, and events come in any order.

    What raises, an event that makes no sense or a table that fails, Lambda tries twice more; then the event lies in the queue
    of dead letters as it came, and can be given to this function again.
    """
    with correlation.serving(context.aws_request_id):
        of_mail = {"mail_id": ses_events.mail_id(event)}
        feedback = ses_events.read(event)
        if feedback is None:
            logger.info("nothing follows from this event", extra={"detail_type": event.get("detail-type"), **of_mail})
            return {"marked": 0}
        take(desk, feedback, of_service("Amazon SES", context.aws_request_id))
        logger.info("feedback was taken", extra={"reason": feedback.reason, "marked": len(feedback.recipients), **of_mail})
        return {"marked": len(feedback.recipients)}
