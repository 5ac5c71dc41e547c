"""The example of a webhook asks for events that there are, and its endpoint takes each once and believes nobody else."""

import json
import re
import sqlite3
from typing import Any

from gatepost.aws.eventbridge import SOURCE
from gatepost.domain_events.catalogue import PUBLISHED, VERSION
from local.intrinsics import load_yaml
from tests.support import ROOT

EXAMPLE = ROOT / "examples" / "webhook"
RESOURCES: dict[str, Any] = load_yaml(EXAMPLE / "template.yaml")["Resources"]
README = (EXAMPLE / "README.md").read_text("utf-8")


def test_the_rule_asks_for_events_that_there_are() -> None:
    pattern = RESOURCES["Rule"]["Properties"]["EventPattern"]
    assert pattern["source"] == [SOURCE]
    assert pattern["detail"]["version"] == [VERSION]
    assert set(pattern["detail-type"]) <= {event.type for event in PUBLISHED.values()}


def test_what_is_not_delivered_waits_in_a_queue_that_the_rule_may_write_to() -> None:
    (target,) = RESOURCES["Rule"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    (statement,) = RESOURCES["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}}


def test_its_secret_stands_nowhere_in_the_template() -> None:
    parameters = RESOURCES["Connection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert parameters["ApiKeyValue"] == {"Fn::Sub": "{{resolve:secretsmanager:${WebhookKey}}}"}


def test_r20_the_endpoint_of_the_readme_takes_an_event_once_from_who_knows_the_secret() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    endpoint: dict[str, Any] = {}
    exec(code, endpoint)
    database = sqlite3.connect(":memory:")
    database.executescript("CREATE TABLE taken (id TEXT PRIMARY KEY); CREATE TABLE customers (user_id TEXT)")
    event = json.dumps({"detail": {"id": "1", "type": "user.deleted", "user_id": "ada"}})
    known = {"x-webhook-key": "secret"}

    def customers() -> int:
        count: int = database.execute("SELECT count(*) FROM customers").fetchone()[0]
        return count

    database.execute("INSERT INTO customers VALUES ('ada')")
    for headers in ({}, {"x-webhook-key": "other"}, {"x-webhook-key": ""}):
        assert endpoint["take"](headers, event, "secret", database) == 401
    assert customers() == 1
    assert endpoint["take"](known, event, "secret", database) == 200
    assert customers() == 0
    database.execute("INSERT INTO customers VALUES ('ada')")
    assert endpoint["take"](known, event, "secret", database) == 200
    assert customers() == 1
