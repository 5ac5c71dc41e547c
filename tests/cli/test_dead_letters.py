"""`gatepost dead-letters`: what was given up is seen, and given again."""

import json
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
import time_machine

from cli.commands.dead_letters import QUEUES
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.aws_faults import Answer, Send, always, faults, no_connection
from tests.integration.ses_feedback import bounce, mail_stopped

OF_A_STREAM = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 1}}
FORGED = {"operator": "arn:aws:iam::123456789012:user/ada", "ip": "", "user_agent": "", "request_id": "forged"}


@pytest.fixture(autouse=True)
def emptied(operator: Operator) -> Iterator[None]:
    """Leave nothing for the next test, hidden or not; a queue is purged once in a minute at the most."""
    yield
    for url in operator.stack.template.queues.values():
        boto3.client("sqs").delete_queue(QueueUrl=url)
        boto3.client("sqs").create_queue(QueueName=url.rpartition("/")[2])


def counts(operator: Operator) -> dict[str, int]:
    return {queue["name"]: queue["messages"] for queue in operator.json("dead-letters", "list")["queues"]}


def test_the_queues_are_those_of_the_template_each_with_the_function_that_gives_up(operator: Operator) -> None:
    template = operator.stack.template
    given_up = {
        (queue, function.logical_id)
        for queue, name in template.queues.items()
        for function in template.functions.values()
        if name in (function.dead_letters, *(stream.dead_letters for stream in function.streams))
    }
    assert {*QUEUES.items()} == given_up
    assert QUEUES.keys() == template.queues.keys()


def test_what_was_given_up_is_taken_once_the_reason_is_gone(operator: Operator) -> None:
    user = new_user(operator.stack)
    with faults(always("TransactWriteItems", no_connection)):
        operator.stack.invoke_unattended("FeedbackFunction", bounce(user.email))
    assert mail_stopped(user) is None
    assert counts(operator) == {queue: int(queue == "FeedbackDeadLetters") for queue in QUEUES}
    shown = [line.split() for line in operator.run("dead-letters", "list").stdout.splitlines()]
    assert ["FeedbackDeadLetters", "1", "FeedbackFunction"] in shown

    assert operator.json("dead-letters", "redrive", "FeedbackDeadLetters") == {"taken": 1, "refused": 0, "strange": 0}
    assert mail_stopped(user)["reason"] == "bounced"
    assert set(counts(operator).values()) == {0}


def put(operator: Operator, queue: str, *bodies: Any) -> str:
    """Let a queue hold these, and return its address."""
    url = operator.stack.template.queues[queue]
    for body in bodies:
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))
    return url


def test_what_is_refused_again_stays(operator: Operator) -> None:
    event = bounce("ada@example.com")
    del event["detail"]["bounce"]
    put(operator, "FeedbackDeadLetters", event)
    run = operator.run("dead-letters", "redrive", "FeedbackDeadLetters", code=1)
    assert run.stdout == "0 taken, 1 refused again.\n"
    assert "its log says why" in run.stderr
    assert counts(operator)["FeedbackDeadLetters"] == 1


def test_a_run_ends_though_what_is_refused_is_seen_again_meanwhile(operator: Operator) -> None:
    tries = 0

    def slowly(send: Send) -> Answer:
        nonlocal tries
        tries += 1
        assert tries <= 3, "it goes round in circles"
        clock.shift(130)
        return no_connection(send)

    put(operator, "FeedbackDeadLetters", *(bounce(new_user(operator.stack).email) for _ in range(3)))
    with time_machine.travel(time.time(), tick=False) as clock, faults(always("TransactWriteItems", slowly)):
        told = operator.json("dead-letters", "redrive", "FeedbackDeadLetters", code=1)
    assert told == {"taken": 0, "refused": 3, "strange": 0}


def test_in_place_of_a_batch_of_a_stream_the_mailer_sweeps(operator: Operator) -> None:
    put(operator, "MailerDeadLetters", OF_A_STREAM, {"gatepost": "sweep"})
    assert operator.json("dead-letters", "redrive", "MailerDeadLetters") == {"taken": 2, "refused": 0, "strange": 0}


def test_of_events_it_says_how_they_are_published_again(operator: Operator) -> None:
    """A letter says where they lay in the stream; no function could do anything with it."""
    queue = put(operator, "EventsDeadLetters", OF_A_STREAM)
    assert counts(operator)["EventsDeadLetters"] == 1
    told = operator.refusal("dead-letters", "redrive", "EventsDeadLetters")
    assert "gatepost events replay --from" in told
    assert queue in told
    assert counts(operator)["EventsDeadLetters"] == 1


def test_what_lambda_or_a_schedule_gives_up_of_the_keys_function_is_a_rotation(operator: Operator) -> None:
    put(operator, "KeysDeadLetters", {"gatepost": "rotate"})
    assert operator.json("dead-letters", "redrive", "KeysDeadLetters") == {"taken": 1, "refused": 0, "strange": 0}


@pytest.mark.parametrize(
    ("queue", "body"),
    [
        ("KeysDeadLetters", {"asked_by": FORGED}),
        ("KeysDeadLetters", {"gatepost": "sweep"}),
        ("KeysDeadLetters", {"RequestType": "Create", "ResponseURL": "https://attacker.example"}),
        ("MailerDeadLetters", {"Records": [{"eventName": "INSERT"}]}),
        ("FeedbackDeadLetters", {"source": "somebody"}),
        ("FeedbackDeadLetters", []),
        ("FeedbackDeadLetters", "no JSON"),
    ],
)
def test_what_a_function_gives_up_by_no_way_is_not_given_to_it(operator: Operator, queue: str, body: Any) -> None:
    """Whoever may write to a queue would have the operator do what they themselves may not."""
    put(operator, queue, body)
    with patch.object(operator.stack.functions[QUEUES[queue]], "_invoke", side_effect=AssertionError("it was tried")):
        run = operator.run("dead-letters", "redrive", queue, code=1)
    assert run.stdout == "0 taken, 0 refused again.\n"
    assert "1 not tried" in run.stderr
    assert counts(operator)[queue] == 1


def test_no_key_is_removed_because_a_letter_says_so(operator: Operator) -> None:
    keys = operator.json("keys", "list")["keys"]
    put(operator, "KeysDeadLetters", {"remove": keys[-1]["kid"], "asked_by": FORGED})
    told = operator.json("dead-letters", "redrive", "KeysDeadLetters", code=1)
    assert told == {"taken": 0, "refused": 0, "strange": 1}
    assert [key["kid"] for key in operator.json("keys", "list")["keys"]] == [key["kid"] for key in keys]


def test_no_other_queue_is_touched(operator: Operator) -> None:
    assert "is not one of" in operator.refusal("dead-letters", "redrive", "SomebodysQueue", code=2)
