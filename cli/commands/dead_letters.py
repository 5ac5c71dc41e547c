"""`gatepost dead-letters`: what functions have given up, kept in queues for two weeks."""

import json
from collections.abc import Iterator
from typing import Any

import click
from botocore.config import Config
from botocore.session import get_session

from cli import output
from cli.commanding import Group
from cli.deployment import ALIAS
from cli.failures import Refused
from cli.run import Run, pass_run

QUEUES = {"MailerDeadLetters": "MailerFunction", "FeedbackDeadLetters": "FeedbackFunction", "KeysDeadLetters": "KeysFunction"}
"""The queues of template.yaml, and which function has given up what they hold; a test holds both together."""

_BATCH = 10
# A message that is taken is hidden from others for so long. It must be more than the function has time for.
_HIDDEN = 120  # seconds
# Once: Lambda has tried already, and whoever runs this may again.
_CONFIG = Config(read_timeout=90, retries={"mode": "standard", "total_max_attempts": 1})
# What stands in place of a batch of a stream that was given up. The records are in the stream, and soon aren't any more: the
# sweep finds the mails.
_OF_A_STREAM = "DDBStreamBatchInfo"
_SWEEP = {"gatepost": "sweep"}


@click.group(
    "dead-letters", cls=Group, examples=("gatepost dead-letters list", "gatepost dead-letters redrive MailerDeadLetters")
)
def dead_letters() -> None:
    """See what functions gave up, and give it to them again."""


@dead_letters.command("list", examples=("gatepost dead-letters list",))
@pass_run
def list_(run: Run) -> None:
    """Say how many messages each queue of dead letters holds. The function's log says why they are there."""
    deployment = run.deployment
    sqs = _client("sqs")
    counts = {queue: _count(sqs, deployment.physical_id(queue)) for queue in QUEUES}
    if run.json:
        output.print_json({"queues": [{"name": name, "messages": count} for name, count in counts.items()]})
        return
    output.print_table(
        ["QUEUE", "MESSAGES", "GIVEN UP BY"], [[name, str(count), QUEUES[name]] for name, count in counts.items()]
    )


@dead_letters.command(examples=("gatepost dead-letters redrive FeedbackDeadLetters",))
@click.argument("queue", metavar="QUEUE", type=click.Choice(list(QUEUES)))
@pass_run
def redrive(run: Run, queue: str) -> None:
    """Give what QUEUE holds to its function again, and delete what it takes. All of it may safely be given twice.

    What it refuses again stays where it is. The exit code is 1 then.
    """
    deployment = run.deployment
    sqs, lambda_ = _client("sqs"), _client("lambda")
    url, function = deployment.physical_id(queue), f"{deployment.physical_id(QUEUES[queue])}:{ALIAS}"
    taken = refused = 0
    for message in _messages(sqs, url):
        event = json.loads(message["Body"])
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps(_SWEEP if _OF_A_STREAM in event else event).encode())
        if "FunctionError" in answer:
            refused += 1
            continue
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += 1
    if run.json:
        output.print_json({"taken": taken, "refused": refused})
    else:
        click.echo(f"{taken} taken, {refused} refused again.")
    if refused:
        raise Refused(f"{QUEUES[queue]} still refuses some: its log says why. They stay in the queue.")


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Yield the messages that a queue holds, each once: one that is taken stays hidden for a while."""
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=_BATCH, VisibilityTimeout=_HIDDEN).get("Messages"):
        yield from batch


def _count(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def _client(service: str) -> Any:
    """Return a client for what `run.deployment` is, which has to be asked for first."""
    return get_session().create_client(service, config=_CONFIG)
