"""The template gives each function what it reads and no right that it doesn't need.

CASES Z-19; ASVS 13.2 and 13.3.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from gatepost import config
from gatepost.config import Settings
from gatepost.storage import keys
from local.intrinsics import load_yaml
from local.resources import Resource, Resources
from local.template import read_template
from tests.support import PARAMETERS, ROOT

PATH = ROOT / "template.yaml"
WRITTEN: dict[str, Any] = load_yaml(PATH)["Resources"]
RESOURCES = Resources(PATH, "test", PARAMETERS)
TEMPLATE = read_template(PATH, "test", PARAMETERS)
FUNCTIONS = {resource.logical_id: resource for resource in RESOURCES.of_type("AWS::Serverless::Function")}
AUDIT_INDEXES = {
    partition.attribute
    for partitions in (keys.audit_partitions(), keys.audit_partitions(event="x"), keys.audit_partitions(actor_id="x"))
    for partition in partitions
}
READS_STREAMS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


@dataclass(frozen=True)
class Statement:
    """A statement of a function's policy."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any]


def settings_of(function: str) -> type[Settings]:
    """The settings class of a function: `functions.account.app.handler` reads `AccountSettings`."""
    name = TEMPLATE.functions[function].handler.split(".")[1]
    settings: type[Settings] = getattr(config, f"{name.title()}Settings")
    return settings


def statements(function: str) -> Iterator[Statement]:
    """The statements of a function's own policy: of its role, which has no other, and none that AWS or SAM have written."""
    role = resource(FUNCTIONS[function].properties["Role"]["Fn::GetAtt"][0])
    assert role.properties.keys() == {"AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies"}
    assert role.properties["ManagedPolicyArns"] == [{"Ref": "RunPolicy"}]
    (policy,) = RESOURCES.value(role, "Policies")
    yield from _statements(policy["PolicyDocument"])


def resource(logical_id: str) -> Resource:
    """A resource of the template, its properties as they're written."""
    written = WRITTEN[logical_id]
    return Resource(logical_id, written["Type"], written["Properties"])


def _statements(document: Mapping[str, Any]) -> Iterator[Statement]:
    for statement in document["Statement"]:
        assert set(statement) <= {"Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Allow"
        yield Statement(_list(statement["Action"]), _list(statement["Resource"]), statement.get("Condition", {}))


def may(function: str, action: str) -> set[str]:
    """What a function may do `action` to."""
    return {name for statement in statements(function) if action in statement.actions for name in statement.resources}


def arn(logical_id: str) -> str:
    """The ARN of a resource."""
    return RESOURCES.arn(resource(logical_id))


def _list(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_every_variable_it_needs_and_none_it_does_not_know(function: str) -> None:
    environment = TEMPLATE.functions[function].environment
    fields = settings_of(function).model_fields.values()
    given = {name for name, value in environment.items() if name.startswith("GATEPOST_")}
    assert {str(field.alias) for field in fields if field.is_required()} <= given
    assert given <= {str(field.alias) for field in fields}
    assert settings_of(function).from_environment(environment)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_variable_holds_a_secret(function: str) -> None:
    """An environment is shown in consoles and logs. A digest is none, nor is an address."""
    names = [name for name in TEMPLATE.functions[function].environment if not name.endswith(("_SHA256", "_URL"))]
    assert not [name for name in names if re.search(r"SECRET|PASSWORD|TOKEN|PEPPER|PRIVATE|CREDENTIAL", name)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_z19_no_right_is_wider_than_what_it_names(function: str) -> None:
    """Mail alone may go out under any identity of the account, if it's from our own address: in its sandbox, SES asks for the
    right to the recipient's identity, too. Streams of a log and of a table have names that nobody knows before."""
    own_log = f"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/{TEMPLATE.functions[function].name}:*"
    table = {"MailerFunction": "OutboxTable", "EventsFunction": "AuditTable"}.get(function)
    streams = f"{arn(table)}/stream/*" if table else None
    assert list(statements(function))
    for statement in statements(function):
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in statement.actions)
        for name in statement.resources:
            wide = ("*" in name or "?" in name) and name not in (own_log, streams)
            assert name.startswith("arn:aws:")
            assert not wide or (":identity/" in name and "ses:FromAddress" in str(statement.condition)), name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_z19_a_function_writes_its_own_log_and_no_other(function: str) -> None:
    own = f"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/{TEMPLATE.functions[function].name}:*"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert may(function, action) == {own}
    assert not may(function, "logs:CreateLogGroup")


def test_z19_what_every_function_may_is_to_be_traced_and_to_have_an_environment() -> None:
    traces, environments = _statements(RESOURCES.value(resource("RunPolicy"), "PolicyDocument"))
    assert traces == Statement(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ("*",), {})
    assert (environments.actions, environments.resources) == (("kms:Decrypt",), (arn("EncryptionKey"),))
    assert environments.condition == {
        "ArnLike": {"kms:EncryptionContext:aws:lambda:FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:test-*"}
    }


def test_z19_nothing_of_the_template_grants_everything_but_traces_and_the_keys_own_policy() -> None:
    """A key's policy is about that key. What denies may deny everybody."""
    for logical_id, written in WRITTEN.items():
        if written["Type"] == "AWS::KMS::Key" or logical_id == "RunPolicy":
            continue
        if written["Type"] == "AWS::Events::EventBusPolicy":
            assert written["Properties"]["Statement"]["Effect"] == "Deny"
            continue
        for name, value in _leaves(written.get("Properties", {})):
            assert value != "*", f"{logical_id}: {name}"
            assert name not in ("Action", "NotAction") or "*" not in str(value), f"{logical_id}: {value}"


def test_the_mailer_may_send_what_it_sends() -> None:
    """SES checks `SendEmail` of raw MIME, which ours is, as `ses:SendRawEmail`.

    https://repost.aws/knowledge-center/amazon-ses-send-email-unauthorized-error
    """
    assert may("MailerFunction", "ses:SendRawEmail")


def test_audit_events_are_only_added_and_read() -> None:
    """Of the table; its indexes and its stream can be read alone, and nothing can be done to the table by way of a wildcard."""
    # What it says of the table says nothing of an event.
    table, allowed = arn("AuditTable"), {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:DescribeTable"}
    for function in FUNCTIONS:
        for statement in statements(function):
            if table in statement.resources:
                assert set(statement.actions) <= allowed
            if any(resource.startswith(f"{table}/index/") for resource in statement.resources):
                assert statement.actions == ("dynamodb:Query",)
            if any(resource.startswith(f"{table}/stream/") for resource in statement.resources):
                assert function == "EventsFunction"
                assert set(statement.actions) <= {*READS_STREAMS, "dynamodb:ListStreams"}


def test_only_the_admin_and_the_events_function_find_everybodys_events() -> None:
    """The one by whatever is asked for, the other by time, to publish them again."""
    indexes = {f"{arn('AuditTable')}/index/{name}" for name in AUDIT_INDEXES}
    assert may("AdminFunction", "dynamodb:Query") >= indexes
    assert may("EventsFunction", "dynamodb:Query") == {f"{arn('AuditTable')}/index/shard"}
    for function in FUNCTIONS.keys() - {"AdminFunction", "EventsFunction"}:
        assert not may(function, "dynamodb:Query") & indexes


def test_only_the_events_function_puts_events_on_the_bus() -> None:
    for function in FUNCTIONS:
        assert may(function, "events:PutEvents") == ({arn("EventBus")} if function == "EventsFunction" else set())


def test_only_the_keys_function_makes_signing_keys() -> None:
    writers = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "kms:Encrypt")
    for function in FUNCTIONS.keys() - {"KeysFunction"}:
        for action in writers:
            assert not may(function, action) & {arn("KeysTable"), *([arn("EncryptionKey")] if "kms" in action else [])}
    assert not may("KeysFunction", "kms:Decrypt")


def test_only_the_admin_function_calls_another_and_only_the_one_that_makes_keys() -> None:
    for function in FUNCTIONS:
        expected = {f"{arn('KeysFunction')}:live"} if function == "AdminFunction" else set()
        assert may(function, "lambda:InvokeFunction") == expected
    called = TEMPLATE.functions["AdminFunction"].environment["GATEPOST_KEYS_FUNCTION"]
    assert called == f"{TEMPLATE.functions['KeysFunction'].name}:live"


def test_z19_the_admin_function_unwraps_nothing_but_what_dynamodb_encrypts() -> None:
    """The signing keys are wrapped under the key that encrypts the Users table: it must not read the one for the other."""
    decrypting = [statement for statement in statements("AdminFunction") if "kms:Decrypt" in statement.actions]
    assert [statement.condition for statement in decrypting] == [
        {"StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}}
    ]


def test_the_api_may_call_each_function_it_routes_to() -> None:
    permitted = {RESOURCES.value(permission, "FunctionName") for permission in RESOURCES.of_type("AWS::Lambda::Permission")}
    routed = {f"{arn(route.function)}:live" for route in TEMPLATE.routes}
    assert routed <= permitted


# ------------------------------------------------------------------------------------------------ tables


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _leaves(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, name)
    else:
        yield name, value
