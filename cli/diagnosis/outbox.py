"""Whether what the outbox holds goes out and what happened is published, and whether anything was given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from cli.diagnosis.declared import TABLES
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.refusals import NotSeen
from cli.diagnosis.sight import Sight
from cli.diagnosis.tables import described
from gatepost import clock, outbox

_OVERDUE = 15 * 60  # seconds; the sweep runs every five minutes


@dataclass(frozen=True)
class Consumer:
    """The name of a function that a stream is for, and the event source mappings of the stream."""

    function: str
    mappings: tuple[Mapping[str, Any], ...]


def _consumer(sight: Sight, function: str, logical_id: str) -> Consumer:
    sight.demand_deployed("A local stack hands its streams over by itself.")
    setting = TABLES[logical_id].setting
    table = described(sight, only=lambda table: table.setting == setting)[logical_id]
    stream = (table or {}).get("LatestStreamArn")
    if not stream:
        raise NotSeen(f"{logical_id} has no stream.", "Mend tables.stream first.")
    answer = sight.call("lambda", "list_event_source_mappings", EventSourceArn=stream)
    return Consumer(sight.function_name(function), tuple((answer or {}).get("EventSourceMappings", ())))


def _is_enabled(facts: Consumer, what: str, meanwhile: str) -> Verdict:
    # arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, or …:NAME:ALIAS
    states = [
        (mapping["State"], mapping.get("LastProcessingResult", ""))
        for mapping in facts.mappings
        if facts.function in mapping["FunctionArn"].split(":")
    ]
    if not states:
        return problem(f"Nothing hands {what} to {facts.function}: {meanwhile}.")
    state, result = states[0]
    if state not in ("Enabled", "Enabling", "Updating", "Creating"):
        return problem(f"The event source mapping of {what} is {state}: {meanwhile}.")
    if result.startswith("PROBLEM"):
        return warning(f"The event source mapping of {what} says {result}.")
    return ok(f"{facts.function} gets {what}.")


def _unsent(sight: Sight) -> int:
    table = sight.needed("OUTBOX_TABLE")
    return sight.read(lambda db: sum(1 for _ in outbox.unsent_ids(db, table, clock.now() - _OVERDUE)))


def _goes_out(facts: int) -> Verdict:
    if facts:
        return problem(f"Mails that have waited for more than {_OVERDUE // 60} minutes: {facts}.")
    return ok(f"No mail waits for more than {_OVERDUE // 60} minutes.")


DeadLetters = Mapping[str, int | None]
"""How many messages a queue holds, by its logical id; None where there's no such queue."""


def _dead_letters(sight: Sight) -> DeadLetters:
    counts: dict[str, int | None] = {}
    for logical_id, url in sight.resources("AWS::SQS::Queue").items():
        answer = sight.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
        counted = {name: number for name, number in (answer or {}).get("Attributes", {}).items() if name in _COUNTED}
        counts[logical_id] = sum(map(int, counted.values())) if answer else None
    return counts


_COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


def _are_empty(facts: DeadLetters) -> Verdict:
    gone = [logical_id for logical_id, count in facts.items() if count is None]
    if gone:
        return problem(f"{', '.join(gone)} doesn't exist: what is given up is lost.")
    if held := [f"{logical_id} holds {count}" for logical_id, count in facts.items() if count]:
        return problem(f"{'; '.join(held)}: a function gave these up.")
    return ok(f"{', '.join(facts)} hold nothing.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "outbox.consumer",
        "Does the mailer get what is put into the outbox?",
        "`aws lambda update-event-source-mapping --enabled --uuid UUID`, where `aws lambda list-event-source-mappings` has "
        "the UUID; if there's none, deploy again: `make deploy`. If it fails, read the mailer's log: `aws logs tail "
        "/aws/lambda/{stack}-mailer`.",
        partial(_consumer, function="MailerFunction", logical_id="OutboxTable"),
        partial(_is_enabled, what="the outbox's stream", meanwhile="mails wait for the sweep, five minutes and more"),
    ),
    Check(
        "outbox.events",
        "Is what happened handed to the events function?",
        "As for `outbox.consumer`; the log is `aws logs tail /aws/lambda/{stack}-events`. A stream keeps what nobody took for "
        "24 hours. Once it's mended, publish what is older: `gatepost events replay --from TIME`.",
        partial(_consumer, function="EventsFunction", logical_id="AuditTable"),
        partial(_is_enabled, what="the Audit table's stream", meanwhile="nothing is published"),
    ),
    Check(
        "outbox.unsent",
        "Does no mail wait for more than 15 minutes?",
        "Mend what `mail` and `outbox.consumer` show, then read the mailer's log: `aws logs tail /aws/lambda/{stack}-mailer "
        "--since 1h`. Nothing is lost for three days: the sweep sends what it finds.",
        _unsent,
        _goes_out,
    ),
    Check(
        "outbox.dead-letters",
        "Are the queues of dead letters empty?",
        "Read why in the function's log. `MailerDeadLetters`: the sweep has sent these mails, or `outbox.unsent` shows them; "
        "`FeedbackDeadLetters`: give them to the function again (docs/mail.md); `EventsDeadLetters`: `gatepost events replay` "
        "(docs/events.md); `KeysDeadLetters`: the next hour's run does "
        "it. Then `aws sqs purge-queue --queue-url URL`.",
        _dead_letters,
        _are_empty,
    ),
)
