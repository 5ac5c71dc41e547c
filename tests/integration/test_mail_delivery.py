"""Mails get out: whatever SES does they wait and are sent later, and however records arrive each is one mail (R-19, R-20)."""

import base64
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError
from time_machine import Traveller

from gatepost.storage.writes import Item, to_dynamodb
from local.stack import Stack
from tests.integration.accounts import NEW_PASSWORD, forgot, mailed_reset, new_user, outcome, reset, verify
from tests.integration.aws_faults import always, broken, faults
from tests.integration.logs import captured_logs
from tests.support import Api, new_email, token_of

SWEEP = {"gatepost": "sweep"}
_numbers = itertools.count(1000)

SES_FAULTS: dict[str, ClientError | BotoCoreError] = {
    "throttled": ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "x"}}, "SendEmail"),
    "rejected": ClientError({"Error": {"Code": "MessageRejected", "Message": "x"}}, "SendEmail"),
    "suspended": ClientError({"Error": {"Code": "AccountSuspendedException", "Message": "x"}}, "SendEmail"),
    "paused": ClientError({"Error": {"Code": "SendingPausedException", "Message": "x"}}, "SendEmail"),
    "suppressed address": ClientError({"Error": {"Code": "BadRequestException", "Message": "x"}}, "SendEmail"),
    "broken": ClientError({"Error": {"Code": "InternalServiceErrorException", "Message": "x"}}, "SendEmail"),
    "timeout": ReadTimeoutError(endpoint_url="https://email"),
    "unreachable": EndpointConnectionError(endpoint_url="https://email"),
}


@contextmanager
def ses(failure: Exception | None = None, *, only_to: str | None = None) -> Iterator[list[tuple[str, bytes]]]:
    """Yield recipient and message of what SES took inside the block; with a `failure` it takes nothing (to `only_to`)."""
    taken: list[tuple[str, bytes]] = []
    call_aws = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "SendEmail":
            (to,) = parameters["Destination"]["ToAddresses"]
            if failure is not None and only_to in (None, to):
                raise failure
            taken.append((to, parameters["Content"]["Raw"]["Data"]))
        return call_aws(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield taken


@pytest.fixture
def quiet(stack: Stack) -> Stack:
    """The service, whose outbox has nothing to send."""
    stack.deliver()
    for item in waiting(stack):
        table = Api(stack).table_name("OutboxTable")
        boto3.client("dynamodb").delete_item(TableName=table, Key=to_dynamodb({"pk": item["pk"]}))
    return stack


def waiting(stack: Stack) -> list[Item]:
    return [item for item in Api(stack).table("OutboxTable") if "unsent" in item]


def records(*items: Item) -> list[dict[str, Any]]:
    """Return the records that the outbox's stream has for new items, as Lambda gets them."""
    found = []
    for item in items:
        image = {
            name: {kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value}
            for name, typed in to_dynamodb(item).items()
            for kind, value in typed.items()
        }
        number = str(next(_numbers))
        change = {"Keys": {"pk": image["pk"]}, "NewImage": image, "SequenceNumber": number, "StreamViewType": "NEW_IMAGE"}
        found.append({"eventID": number, "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change})
    return found


def deliver(stack: Stack, batch: list[dict[str, Any]]) -> set[str]:
    """Hand a batch to the mailer; return the sequence numbers that it reports as failed."""
    answer = stack.functions["MailerFunction"].invoke({"Records": batch})
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def number_of(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def registered(stack: Stack, number: int) -> dict[str, Item]:
    """Begin registrations; return by address the item of the mail that waits."""
    found = {}
    for _ in range(number):
        known = {item["id"] for item in waiting(stack)}
        Api(stack).register(email := new_email())
        (found[email],) = [item for item in waiting(stack) if item["id"] not in known]
    return found


@pytest.mark.parametrize("fault", SES_FAULTS)
def test_r19_a_mail_that_ses_does_not_take_waits_and_is_sent_later(quiet: Stack, clock: Traveller, fault: str) -> None:
    """The batch reports it; the sweep, five minutes on, sends it."""
    (first, item), (second, other) = registered(quiet, 2).items()
    batch = records(item, other)
    with ses(SES_FAULTS[fault], only_to=first) as taken:
        assert deliver(quiet, batch) == {number_of(batch[0])}
    assert [to for to, _ in taken] == [second]
    assert [kept["id"] for kept in waiting(quiet)] == [item["id"]]
    assert waiting(quiet)[0] == item

    clock.shift(301)
    with ses(SES_FAULTS[fault]), captured_logs() as lines, pytest.raises(ExceptionGroup):
        quiet.functions["MailerFunction"].invoke(SWEEP)
    assert first not in "".join(lines)
    assert waiting(quiet) == [item]

    with ses() as taken:
        assert quiet.functions["MailerFunction"].invoke(SWEEP) == {"sent": 1}
    assert [to for to, _ in taken] == [first]
    assert not waiting(quiet)
    (mail,) = Api(quiet).mails(first)
    assert verify(Api(quiet), token_of(mail)).status == 200


def test_r19_without_ses_every_request_is_answered_as_ever(quiet: Stack) -> None:
    """Known or unknown: the mail is no part of the request."""
    user, unknown = new_user(quiet), new_email()
    with ses(SES_FAULTS["broken"]):
        answers = [forgot(user.api, email) for email in (user.email, unknown)]
        answers += [Api(quiet).register(email) for email in (user.email, new_email())]
        assert user.change_password(user.password).status == 204
    assert len({(answer.status, answer.body) for answer in answers}) == 2
    with ses(SES_FAULTS["broken"]):
        assert user.login(NEW_PASSWORD).lives()


def test_r19_the_user_can_ask_again_and_the_newest_mail_is_the_good_one(quiet: Stack, clock: Traveller) -> None:
    """Also where the one that waited is sent after it."""
    user = new_user(quiet)
    quiet.deliver()
    forgot(user.api, user.email)
    (late,) = waiting(quiet)
    clock.shift(600)
    forgot(user.api, user.email)
    (newest,) = [item for item in waiting(quiet) if item["id"] != late["id"]]
    assert deliver(quiet, records(newest, late)) == set()
    old, new = (token_of(mail) for mail in quiet._mailbox.newest_first(user.email)[:2])
    assert outcome(reset(user.api, old)) == (400, "invalid_token")
    assert outcome(reset(user.api, new)) == (204, "")


def test_r19_a_mail_that_was_never_taken_is_given_up_when_its_link_is_dead(quiet: Stack, clock: Traveller) -> None:
    (email,) = registered(quiet, 1)
    for _ in range(9):
        clock.shift(8 * 3600)
        with ses(SES_FAULTS["rejected"]):
            if waiting(quiet)[0]["expires_at"] > clock.time_ns() // 10**9:
                with pytest.raises(ExceptionGroup):
                    quiet.functions["MailerFunction"].invoke(SWEEP)
    with ses() as taken:
        quiet.functions["MailerFunction"].invoke(SWEEP)
    assert not taken
    assert not quiet._mailbox.newest_first(email)


@pytest.mark.parametrize("seed", range(4))
def test_r20_records_three_times_and_in_any_order_are_one_mail_each(quiet: Stack, seed: int) -> None:
    """In batches of any size, within and across them."""
    found = registered(quiet, 6)
    shuffled = records(*found.values()) + records(*found.values()) + records(*found.values())
    random.Random(seed).shuffle(shuffled)
    with ses() as taken:
        while shuffled:
            batch, shuffled = shuffled[: seed + 1], shuffled[seed + 1 :]
            assert deliver(quiet, batch) == set()
        quiet.deliver()
    assert sorted(to for to, _ in taken) == sorted(found)
    assert not waiting(quiet)


def test_r20_a_poison_mail_is_reported_and_the_others_of_its_batch_are_sent(quiet: Stack) -> None:
    """Wherever it stands; when its turns are over it's a dead letter, and the others aren't."""
    found = registered(quiet, 5)
    items = list(found.values())
    poison = {**items[2], "sealed": bytes(len(items[2]["sealed"]))}
    boto3.client("dynamodb").put_item(TableName=Api(quiet).table_name("OutboxTable"), Item=to_dynamodb(poison))
    batch = records(*items[:2], poison, *items[3:])
    with ses() as taken:
        assert deliver(quiet, batch) == {number_of(batch[2])}
    assert sorted(to for to, _ in taken) == sorted(email for email in found if found[email] is not items[2])
    assert [item["id"] for item in waiting(quiet)] == [poison["id"]]
    with pytest.raises(Exception, match="All records failed"):
        deliver(quiet, [batch[2]])


@pytest.mark.parametrize("image", [{}, {"unsent": {"S": "0"}}, {"id": {"S": "x"}, "unsent": {"S": "0"}}, None])
def test_r20_a_record_that_makes_no_sense_holds_up_no_other(quiet: Stack, image: dict[str, Any] | None) -> None:
    ((email, item),) = registered(quiet, 1).items()
    odd, good = records(item, item)
    odd["dynamodb"]["NewImage"] = image
    with ses() as taken:
        assert deliver(quiet, [odd, good]) <= {number_of(odd)}
    assert [to for to, _ in taken] == [email]


def test_r20_a_mail_whose_sending_could_not_be_noted_is_the_same_again(quiet: Stack) -> None:
    """With the same Message-ID, by which mail programs drop the second, and the same link; and once."""
    ((email, item),) = registered(quiet, 1).items()
    with ses() as taken:
        with faults(always("UpdateItem MAIL SET", broken)), pytest.raises(Exception, match="All records failed"):
            deliver(quiet, records(item))
        for _ in range(3):
            assert deliver(quiet, records(item)) == set()
    assert [to for to, _ in taken] == [email, email]
    first, second = (message_from_bytes(raw) for _, raw in taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_payload(0).get_payload() == second.get_payload(0).get_payload()  # type: ignore[union-attr]


def test_r20_the_template_has_what_the_mailer_relies_on(stack: Stack) -> None:
    """Failures of single records are listened to, tries are bounded, and what is left goes to a queue of dead letters."""
    (source,) = stack.template.functions["MailerFunction"].streams
    assert source.report_failures
    assert source.max_retries is not None
    text = (stack.template.functions["MailerFunction"].code.parent.parent / "template.yaml").read_text()
    assert "OnFailure: { Type: SQS, Destination: !GetAtt MailerDeadLetters.Arn }" in text
    assert "BisectBatchOnFunctionError: true" in text


def test_r19_a_mail_is_kept_until_after_its_link_is_dead(quiet: Stack) -> None:
    """So that what waits for SES is no longer good for anything when it's given up."""
    user = new_user(quiet)
    quiet.deliver()
    mailed_reset(user.api, user.email)
    forgot(user.api, user.email)
    (item,) = waiting(quiet)
    assert item["expires_at"] - item["created_at"] >= 24 * 3600
