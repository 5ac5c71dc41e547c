"""Sends what the outbox holds: at once as its stream tells, and again from the index of unsent mails on a schedule."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatepost import telemetry
from gatepost.config import MailerSettings
from gatepost.mail.delivery import connect, deliver, overdue

telemetry.logger()
mailer = connect(MailerSettings.from_environment())
# A sweep starts no further mail with less time than this left.
_RESERVE_MS = 15_000
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)


@telemetry.emitted(mailer.settings.deployment)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Take a batch of the outbox's stream, or the sweep of the schedule.

    A batch answers with the mails that failed, which Lambda delivers again. A sweep raises after it has tried all.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    if event.get("gatepost") == "sweep":
        return _sweep(context)
    return process_partial_response(event=event, record_handler=_send, processor=processor, context=context)


def _send(record: DynamoDBRecord) -> None:
    image = record.dynamodb.new_image if record.dynamodb else None
    if image and "unsent" in image:
        deliver(mailer, image["id"])


def _sweep(context: LambdaContext) -> dict[str, int]:
    sent = 0
    failures: list[Exception] = []
    for mail_id in overdue(mailer):
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            break  # the next sweep goes on
        try:
            deliver(mailer, mail_id)
            sent += 1
        except Exception as exc:  # noqa: BLE001 (one bad mail must not hold up the others; all are reported together below)
            failures.append(exc)
    if failures:
        raise ExceptionGroup(f"{len(failures)} mails could not be sent, {sent} were", failures)
    return {"sent": sent}
