"""Stands in for the consumer of a stream that sends mails."""

import os
from email.message import EmailMessage
from typing import Any

import boto3

MAIL_FROM = os.environ["MAIL_FROM"]
ses = boto3.client("sesv2")
batches: list[list[str]] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    """Mail about each order; `poison` fails for ever, `shy` the first time."""
    failures = []
    numbers = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    batches.append(numbers)
    for record, number in zip(event["Records"], numbers, strict=True):
        if number == "poison" or (number == "shy" and sum("shy" in batch for batch in batches) == 1):
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
            break
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = MAIL_FROM, "ada@example.com", f"Order {number}"
        message.set_content(f"Thanks! See https://shop.example/orders?token={number}, your code is 123456.")
        ses.send_email(FromEmailAddress=MAIL_FROM, Content={"Raw": {"Data": message.as_bytes()}})
    return {"batchItemFailures": failures}
