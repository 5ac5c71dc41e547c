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

QUEUES = {
    "MailerDeadLetters": "MailerFunction",
    "FeedbackDeadLetters": "FeedbackFunction",
    "EventsDeadLetters": "EventsFunction",
    "KeysDeadLetters": "KeysFunction",
}
"""The queues of template.yaml, and which function has given up what they hold; a test holds both together."""

# A message is taken alone, and hidden from others for so long. It must be more than the function has time for.
_HIDDEN = 120  # seconds
# Once: Lambda has tried already, and whoever runs this may again.
_CONFIG = Config(read_timeout=90, retries={"mode": "standard", "total_max_attempts": 1})
_OF_EVENTS = (
    "What lies in EventsDeadLetters says where events lay in a stream, not what they were. Publish what happened since: "
    "`gatepost events replay --from TIME`. Then purge the queue: `aws sqs purge-queue --queue-url {}`."
)


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

    What it refuses again stays where it is, and so does what isn't its to give up: that isn't even tried, since it would be
    done with your rights. The exit code is 1 then.
    """
    deployment = run.deployment
    sqs, lambda_ = _client("sqs"), _client("lambda")
    url, function = deployment.physical_id(queue), f"{deployment.physical_id(QUEUES[queue])}:{ALIAS}"
    if queue == "EventsDeadLetters":
        raise Refused(_OF_EVENTS.format(url))
    taken = refused = strange = 0
    for message in _messages(sqs, url):
        event = _given_up(queue, message["Body"])
        if event is None:
            strange += 1
        elif "FunctionError" in lambda_.invoke(FunctionName=function, Payload=json.dumps(event).encode()):
            refused += 1
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += 1
    if run.json:
        output.print_json({"taken": taken, "refused": refused, "strange": strange})
    else:
        click.echo(f"{taken} taken, {refused} refused again.")
    if strange:
        output.say(
            f"{strange} not tried: {QUEUES[queue]} doesn't give up such by itself. Read them (`aws sqs receive-message "
            f"--queue-url {url}`), and see who may write to the queue."
        )
    if refused:
        output.say(f"{QUEUES[queue]} still refuses {refused}: its log says why.")
    if refused or strange:
        raise Refused("They stay in the queue.")


def _given_up(queue: str, body: str) -> Any:
    """Return what the function of `queue` is given again for a message, None if that's nothing that it gives up by itself.

    Whoever may write to a queue can't thereby have done what an operator may, such as have a signing key removed.
    """
    try:
        letter = json.loads(body)
    except ValueError:
        return None
    match queue, letter:
        # What stands in place of a batch of a stream. The records are in the stream, and soon aren't any more: the sweep finds
        # the mails.
        case "MailerDeadLetters", {"gatepost": "sweep"} | {"DDBStreamBatchInfo": _}:
            return {"gatepost": "sweep"}
        case "FeedbackDeadLetters", {"source": "aws.ses"}:
            return letter
        case "KeysDeadLetters", {"gatepost": "rotate"}:
            return {"gatepost": "rotate"}
    return None


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Yield the messages that a queue holds, each once. One that is taken stays hidden for a while; what is left in the queue
    comes again in a long run, and is passed over.
    """
    seen: set[str] = set()
    again = 0
    while again <= len(seen) and (messages := sqs.receive_message(QueueUrl=url, VisibilityTimeout=_HIDDEN).get("Messages")):
        (message,) = messages
        if message["MessageId"] in seen:
            again += 1
        else:
            seen.add(message["MessageId"])
            yield message


def _count(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def _client(service: str) -> Any:
    """Return a client for what `run.deployment` is, which has to be asked for first."""
    return get_session().create_client(service, config=_CONFIG)
