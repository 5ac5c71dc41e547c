"""`gatepost dead-letters`: what was given up is seen, and given again."""

import json

import boto3
import pytest

from cli.commands.dead_letters import QUEUES
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.aws_faults import always, faults, no_connection
from tests.integration.ses_feedback import bounce, mail_stopped


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

    assert operator.json("dead-letters", "redrive", "FeedbackDeadLetters") == {"taken": 1, "refused": 0}
    assert mail_stopped(user)["reason"] == "bounced"
    assert set(counts(operator).values()) == {0}


def test_what_is_refused_again_stays(operator: Operator) -> None:
    queue = operator.stack.template.queues["FeedbackDeadLetters"]
    event = bounce("ada@example.com")
    del event["detail"]["bounce"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))
    run = operator.run("dead-letters", "redrive", "FeedbackDeadLetters", code=1)
    assert run.stdout == "0 taken, 1 refused again.\n"
    assert "its log says why" in run.stderr
    assert counts(operator)["FeedbackDeadLetters"] == 1
    boto3.client("sqs").purge_queue(QueueUrl=queue)


@pytest.mark.parametrize("queue", ["MailerDeadLetters"])
def test_in_place_of_a_batch_of_a_stream_its_function_sweeps(operator: Operator, queue: str) -> None:
    letter = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 1}}
    boto3.client("sqs").send_message(QueueUrl=operator.stack.template.queues[queue], MessageBody=json.dumps(letter))
    assert operator.json("dead-letters", "redrive", queue) == {"taken": 1, "refused": 0}


def test_no_other_queue_is_touched(operator: Operator) -> None:
    assert "is not one of" in operator.refusal("dead-letters", "redrive", "SomebodysQueue", code=2)
