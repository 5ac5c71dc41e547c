"""Publishes what happened: at once as the Audit table's stream tells, and again where an operator asks for it."""

from typing import Any

from gatepost import telemetry
from gatepost.aws.clients import client
from gatepost.config import EventsSettings
from gatepost.domain_events.publication import connect, publish_records
from gatepost.domain_events.replay import Replayed, replay
from gatepost.storage.table import Database

logger = telemetry.logger()
settings = EventsSettings.from_environment()
publisher = connect(settings)
db = Database(client("dynamodb"))


@telemetry.emitted(settings.deployment)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of the Audit table's stream, or what an operator asks for (`replay`).

    A batch is put on the bus ten events at a time, so it's taken as a whole rather than record by record. Its answer names the
    records that failed, and Lambda delivers from the first of them on again: an event may be published more than once.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    if "replay" in event:
        return {**_replay(**event["replay"])}
    failed = publish_records(publisher, event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _replay(operator: str, from_ms: int, to_ms: int, after: str | None = None) -> Replayed:
    replayed = replay(publisher, db, settings.audit_table, from_ms, to_ms, after)
    logger.warning("events were published again", extra={"operator": operator, "from_ms": from_ms, "to_ms": to_ms, **replayed})
    return replayed
