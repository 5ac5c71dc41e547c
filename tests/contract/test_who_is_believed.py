"""Whom the deployment believes, where AWS would believe everybody in the account."""

from typing import Any

from local.intrinsics import load_yaml
from local.resources import Resource, Resources
from tests.support import PARAMETERS, ROOT

PATH = ROOT / "template.yaml"
WRITTEN: dict[str, Any] = load_yaml(PATH)["Resources"]
RESOURCES = Resources(PATH, "test", PARAMETERS)


def value(logical_id: str, name: str) -> Any:
    """What a property of a resource comes to."""
    return RESOURCES.value(Resource(logical_id, WRITTEN[logical_id]["Type"], WRITTEN[logical_id]["Properties"]), name)


def of_type(kind: str) -> list[str]:
    """The logical ids of all resources of a type, of which there is one at least."""
    found = [logical_id for logical_id, written in WRITTEN.items() if written["Type"] == kind]
    assert found
    return found


def test_z19_nobody_but_the_events_function_puts_events_onto_its_bus() -> None:
    """A bus takes events of every principal of its account, unless it's told otherwise. A pattern of names would let in the
    roles of stacks whose names begin alike."""
    statement = WRITTEN["EventBusPolicy"]["Properties"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "events:PutEvents")
    assert statement["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["EventsRole", "Arn"]}}}
    assert WRITTEN["EventsFunction"]["Properties"]["Role"] == {"Fn::GetAtt": ["EventsRole", "Arn"]}


def test_z19_the_mailer_sends_from_one_address_alone() -> None:
    statements = [
        statement
        for policy in value("MailerRole", "Policies")
        for statement in policy["PolicyDocument"]["Statement"]
        if "ses:SendEmail" in statement["Action"] and ":identity/" in str(statement["Resource"])
    ]
    assert [statement["Condition"] for statement in statements] == [
        {"StringEquals": {"ses:FromAddress": PARAMETERS["MailFrom"]}}
    ]


def test_z19_what_calls_a_function_is_named_by_its_arn() -> None:
    """Without it, every API or rule of any account might."""
    for permission in of_type("AWS::Lambda::Permission"):
        assert "SourceArn" in WRITTEN[permission]["Properties"], permission
        assert value(permission, "Principal") in {"apigateway.amazonaws.com", "events.amazonaws.com"}
