"""The outbox: mails sealed until they're sent, each sent once, and none forgotten."""

import base64
from typing import Any

import boto3
import pytest
from time_machine import Traveller

from gatepost.storage.writes import Item, to_dynamodb
from local.stack import Stack
from tests.calls import failing, recorded
from tests.integration.logs import captured_logs
from tests.integration.tables import items
from tests.opaque import spellings, tables_that_hold, token_secrets
from tests.support import PASSWORD, Api, new_email, token_of

SWEEP = {"gatepost": "sweep"}


@pytest.fixture
def api(api: Api) -> Api:
    """A client of the service, whose outbox has nothing to send."""
    api.stack.deliver()
    for item in waiting(api):
        boto3.client("dynamodb").delete_item(TableName=api.table_name("OutboxTable"), Key=to_dynamodb({"pk": item["pk"]}))
    return api


def waiting(api: Api) -> list[Item]:
    return items(api, "OutboxTable", "attribute_exists(unsent)")


def event_of(item: Item, name: str = "INSERT") -> dict[str, Any]:
    """The event that the table's stream makes of an item, as Lambda gets it."""
    image = {
        attribute: {kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value}
        for attribute, content in to_dynamodb(item).items()
        for kind, value in content.items()
    }
    change = {
        "Keys": {"pk": image["pk"]},
        "NewImage": image,
        "SequenceNumber": "111",
        "SizeBytes": 26,
        "StreamViewType": "NEW_IMAGE",
        "ApproximateCreationDateTime": 1795425129.0,
    }
    return {
        "Records": [
            {
                "eventID": "1",
                "eventName": name,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1",
                "dynamodb": change,
                "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/outbox/stream/2026-11-23T09:12:09.000",
            }
        ]
    }


def invoke(stack: Stack, event: dict[str, Any]) -> tuple[Any, list[str]]:
    """Hand `event` to the mailer; return its answer and the recipients of the mails it sent."""
    with recorded() as calls:
        answer = stack.functions["MailerFunction"].invoke(event)
    sent = [call.parameters["Destination"]["ToAddresses"] for call in calls if call.operation == "SendEmail"]
    return answer, [address for addresses in sent for address in addresses]


def test_a_waiting_mail_is_sealed(api: Api) -> None:
    """Neither the address nor the token, the link or the name of the mail stands in the table."""
    email = new_email()
    api.register(email)
    (item,) = waiting(api)
    assert item.keys() == {"pk", "id", "unsent", "sealed", "request_id", "created_at", "expires_at"}
    assert email.encode() not in item["sealed"]
    for text in (email, email.partition("@")[0], "ui/verify-email", "verification"):
        assert not tables_that_hold(api.stack, spellings(text.encode()), "OutboxTable")
    # Only the mail tells the token, so that this is looked at in what stood there before.
    secrets = token_secrets(api.mailed_token(email))
    assert not [secret for secret in secrets if secret in item["sealed"] or secret.decode("latin-1") in str(item)]


def test_all_waiting_mails_are_of_one_size(api: Api) -> None:
    """So that nothing can be told from it: not how long the address is, nor which mail it is."""
    email = new_email()
    api.sign_up(email)
    api.register(email)
    api.register(f"{'x' * 52}{email[:12]}@{'.'.join(['y' * 60] * 3)}.org")
    api.register(new_email())
    assert len(waiting(api)) == 3
    assert len({len(item["sealed"]) for item in waiting(api)}) == 1


def test_what_a_sent_mail_said_is_forgotten(api: Api) -> None:
    email = new_email()
    api.register(email)
    (item,) = waiting(api)
    assert len(api.mails(email)) == 1
    (sent,) = items(api, "OutboxTable", "id = :id", id=item["id"])
    assert not {"sealed", "unsent"} & sent.keys()
    assert email not in str(sent)


def test_a_mail_that_is_never_sent_looks_like_one_that_is(api: Api) -> None:
    """But for the index of the unsent: the sixth of an hour, and the notice that nobody is to get."""
    for _ in range(2):
        api.post("/resend-verification", {"email": new_email()})
    silent = items(api, "OutboxTable", "attribute_exists(silent)")
    assert len(silent) >= 2
    api.register(new_email())
    (item,) = waiting(api)
    assert {len(other["sealed"]) for other in silent} == {len(item["sealed"])}
    assert invoke(api.stack, event_of(silent[0]))[1] == []


def test_a_record_that_is_delivered_three_times_is_one_mail(api: Api) -> None:
    email = new_email()
    api.register(email)
    (item,) = waiting(api)
    outcomes = [invoke(api.stack, event_of(item)) for _ in range(3)]
    assert outcomes == [({"batchItemFailures": []}, [email]), ({"batchItemFailures": []}, []), ({"batchItemFailures": []}, [])]
    assert len(api.mails(email)) == 1  # the stream itself has delivered it once more


def test_a_record_twice_in_one_batch_is_one_mail(api: Api) -> None:
    email = new_email()
    api.register(email)
    (item,) = waiting(api)
    assert invoke(api.stack, {"Records": event_of(item)["Records"] * 2})[1] == [email]


def test_a_record_of_a_change_or_of_an_expiry_sends_nothing(api: Api) -> None:
    email = new_email()
    api.register(email)
    assert len(api.mails(email)) == 1
    sent = items(api, "OutboxTable", "attribute_not_exists(sealed)")[0]
    removed = event_of(sent, "REMOVE")
    del removed["Records"][0]["dynamodb"]["NewImage"]
    for event in (event_of(sent, "MODIFY"), removed):
        assert invoke(api.stack, event) == ({"batchItemFailures": []}, [])


def test_the_sweep_sends_a_mail_that_the_stream_forgot_after_five_minutes(api: Api, clock: Traveller) -> None:
    email = new_email()
    api.register(email)
    clock.shift(300)
    assert invoke(api.stack, SWEEP) == ({"sent": 0}, [])
    clock.shift(1)
    assert invoke(api.stack, SWEEP) == ({"sent": 1}, [email])
    assert invoke(api.stack, SWEEP) == ({"sent": 0}, [])
    (mail,) = api.mails(email)
    assert api.post("/verify-email", {"token": token_of(mail), "password": PASSWORD}).status == 200


def test_the_sweep_sends_no_silent_mail(api: Api, clock: Traveller) -> None:
    for _ in range(3):
        api.post("/resend-verification", {"email": new_email()})
    clock.shift(3600)
    assert invoke(api.stack, SWEEP) == ({"sent": 0}, [])


def test_the_sweep_sends_nothing_that_has_expired(api: Api, clock: Traveller) -> None:
    """Its link has, long before."""
    email = new_email()
    api.register(email)
    clock.shift(3 * 86_400)
    assert invoke(api.stack, SWEEP)[1] == []
    assert not api.mails(email)


def test_a_mail_that_ses_refuses_is_reported_kept_and_sent_later(api: Api, clock: Traveller) -> None:
    """By the stream's next try or by the sweep."""
    refused, other = new_email(), new_email()
    api.register(refused)
    (item,) = waiting(api)
    with failing("SendEmail", error="MessageRejected"), pytest.raises(Exception, match="All records failed"):
        invoke(api.stack, event_of(item))
    assert [kept["id"] for kept in waiting(api)] == [item["id"]]
    api.register(other)
    clock.shift(301)
    with (
        failing("SendEmail", error="TooManyRequestsException"),
        pytest.raises(ExceptionGroup, match="2 mails could not be sent"),
    ):
        invoke(api.stack, SWEEP)
    answer, recipients = invoke(api.stack, SWEEP)
    assert answer == {"sent": 2}
    assert sorted(recipients) == sorted([refused, other])


def test_one_bad_mail_holds_up_no_other(api: Api, clock: Traveller) -> None:
    """One that was sealed by another deployment, say; neither in a batch nor in a sweep."""
    bad, good = new_email(), new_email()
    api.register(bad)
    (item,) = waiting(api)
    dynamodb, table = boto3.client("dynamodb"), api.table_name("OutboxTable")
    spoilt = {**item, "sealed": item["sealed"][:-1] + bytes([item["sealed"][-1] ^ 1])}
    dynamodb.put_item(TableName=table, Item=to_dynamodb(spoilt))
    api.register(good)
    (other,) = [each for each in waiting(api) if each["id"] != item["id"]]
    batch = {"Records": event_of(spoilt)["Records"] + event_of(other)["Records"]}
    batch["Records"][1]["dynamodb"]["SequenceNumber"] = "222"
    assert invoke(api.stack, batch) == ({"batchItemFailures": [{"itemIdentifier": "111"}]}, [good])

    api.register(third := new_email())
    clock.shift(301)
    with recorded() as calls, pytest.raises(ExceptionGroup, match="1 mails could not be sent, 1 were"):
        api.stack.functions["MailerFunction"].invoke(SWEEP)
    assert [call.parameters["Destination"] for call in calls if call.operation == "SendEmail"] == [{"ToAddresses": [third]}]


def test_a_mail_opens_only_as_the_item_it_was_sealed_for(api: Api) -> None:
    """Who can write the table can't have one person's mail sent in another's place."""
    victim, attacker = new_email(), new_email()
    api.register(victim)
    (item,) = waiting(api)
    api.register(attacker)
    (other,) = [each for each in waiting(api) if each["id"] != item["id"]]
    swapped = {**other, "sealed": item["sealed"]}
    boto3.client("dynamodb").put_item(TableName=api.table_name("OutboxTable"), Item=to_dynamodb(swapped))
    with pytest.raises(Exception, match="All records failed"):
        invoke(api.stack, event_of(swapped))
    boto3.client("dynamodb").put_item(TableName=api.table_name("OutboxTable"), Item=to_dynamodb(other))
    assert len(api.mails(attacker)) == len(api.mails(victim)) == 1


def test_the_mailer_logs_neither_address_nor_token(api: Api, clock: Traveller) -> None:
    email = new_email()
    api.register(email)
    clock.shift(301)
    with captured_logs() as lines:
        with failing("SendEmail"), pytest.raises(ExceptionGroup):
            invoke(api.stack, SWEEP)
        token = api.mailed_token(email)
    logged = "\n".join(lines)
    assert "a mail could not be sent" in logged
    assert email not in logged
    assert token not in logged
