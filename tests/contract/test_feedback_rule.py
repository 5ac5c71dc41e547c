"""Bounces and complaints of our mails get to the function that takes them, no other events do, and none is lost on the way."""

from collections.abc import Mapping
from typing import Any

import pytest

from gatepost.storage import keys
from local.resources import Resource
from tests.contract.test_template import RESOURCES, WRITTEN, arn, statements
from tests.integration.ses_feedback import Event, bounce, complaint


def properties(logical_id: str) -> dict[str, Any]:
    """The properties of a resource, as they're written: what they refer to by its logical id."""
    found: dict[str, Any] = WRITTEN[logical_id]["Properties"]
    return found


def of(event: Event, **changes: Any) -> Event:
    """The event as that of a mail of the stack that these tests read the template for."""
    event["detail"]["mail"]["tags"]["ses:configuration-set"] = ["test-MailConfigurationSet"]
    return event | changes


def passes(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether a rule's pattern lets an event through; where the event has a list, one of its values is enough.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
    """
    for name, rule in pattern.items():
        if name not in event:
            return False
        if isinstance(rule, dict):
            if not passes(rule, event[name]):
                return False
        else:
            values = event[name] if isinstance(event[name], list) else [event[name]]
            if not set(values) & set(rule):
                return False
    return True


def pattern() -> Mapping[str, Any]:
    """The pattern of the rule."""
    rule = Resource("FeedbackRule", WRITTEN["FeedbackRule"]["Type"], properties("FeedbackRule"))
    found: Mapping[str, Any] = RESOURCES.value(rule, "EventPattern")
    return found


@pytest.mark.parametrize("event", [bounce("ada@example.com"), complaint("ada@example.com")])
def test_the_rule_lets_through_what_is_of_our_mails(event: Event) -> None:
    assert passes(pattern(), of(event))


def test_the_rule_lets_nothing_else_through() -> None:
    """Not what other mails of the account met with, nor what becomes of ours otherwise. Nobody but SES can say it's SES."""
    others = bounce("ada@example.com")
    others["detail"]["mail"]["tags"]["ses:configuration-set"] = ["newsletter"]
    untagged = bounce("ada@example.com")
    del untagged["detail"]["mail"]["tags"]
    for event in (
        others,
        untagged,
        of(bounce("ada@example.com"), source="my.app"),
        of(bounce("ada@example.com")) | {"detail-type": "Email Delivered"},
    ):
        assert not passes(pattern(), event)


def test_ses_tells_the_rules_bus_of_both_for_the_set_that_mails_are_sent_with() -> None:
    destination = properties("MailEventDestination")
    told = destination["EventDestination"]
    assert destination["ConfigurationSetName"] == {"Ref": "MailConfigurationSet"}
    assert set(told["MatchingEventTypes"]) == {"bounce", "complaint"}
    assert told["Enabled"] is True
    assert told["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"].endswith(":event-bus/default")
    assert "EventBusName" not in properties("FeedbackRule")


def test_the_suppression_list_of_the_account_which_has_no_end_stays_out_of_it() -> None:
    assert properties("MailConfigurationSet")["SuppressionOptions"] == {"SuppressedReasons": []}


def test_the_rule_alone_may_call_the_function() -> None:
    (target,) = properties("FeedbackRule")["Targets"]
    assert target["Arn"] == {"Ref": "FeedbackFunction.Alias"}
    permission = properties("FeedbackPermission")
    assert permission["FunctionName"] == {"Ref": "FeedbackFunction.Alias"}
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["FeedbackRule", "Arn"]}


def test_what_is_given_up_lies_among_the_dead_letters_for_two_weeks() -> None:
    """Whether EventBridge couldn't hand it over or the function couldn't take it."""
    queue = {"Fn::GetAtt": ["FeedbackDeadLetters", "Arn"]}
    (target,) = properties("FeedbackRule")["Targets"]
    assert target["DeadLetterConfig"]["Arn"] == queue
    assert properties("FeedbackFunction")["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": queue}
    assert properties("FeedbackDeadLetters")["MessageRetentionPeriod"] == 14 * 86_400
    policy = properties("FeedbackDeadLettersPolicy")
    assert policy["Queues"] == [{"Ref": "FeedbackDeadLetters"}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["FeedbackRule", "Arn"]}}}


@pytest.mark.parametrize("function", ["MailerFunction", "FeedbackFunction"])
def test_z19_of_the_sessions_table_marks_alone_can_be_read_or_written(function: str) -> None:
    """Sessions and registrations lie in it, too."""
    (statement,) = [each for each in statements(function) if arn("SessionsTable") in each.resources]
    (prefix,) = statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert statement.resources == (arn("SessionsTable"),)
    assert keys.suppression(b"x")["pk"].startswith(prefix.removesuffix("*"))
    for other in (keys.session("x", "y"), keys.registration_attempt(b"x", 0), keys.limit("x", "y")):
        assert not other["pk"].startswith(prefix.removesuffix("*"))


def test_z19_the_feedback_function_opens_the_users_table_and_neither_keys_nor_mails() -> None:
    (statement,) = [each for each in statements("FeedbackFunction") if "kms:Decrypt" in each.actions]
    assert statement.actions == ("kms:Decrypt",)
    assert statement.condition == {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}
