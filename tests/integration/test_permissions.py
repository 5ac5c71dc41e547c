"""What the functions call is what their policies allow. The local AWS asks nobody: a missing right would show in production."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local.resources import ACCOUNT, REGION, Resource, Resources
from local.stack import Stack
from tests.calls import Call, recorded
from tests.integration.flows import BY_NAME, FLOWS, Flow
from tests.integration.inside import forget_rotation, fresh_process
from tests.integration.ses_feedback import bounce, complaint, give
from tests.support import PARAMETERS, ROOT, Api, new_email

_IN_TRANSACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_KMS = ("Encrypt", "Decrypt", "GenerateDataKey")


class Policies:
    """The policies of the functions of our template, for the stack that the tests run."""

    def __init__(self, stack: Stack) -> None:
        self._resources = Resources(ROOT / "template.yaml", stack.template.stack, PARAMETERS)
        self._functions = {each.logical_id: each for each in self._resources.of_type("AWS::Serverless::Function")}
        self._arns = {self._resources.physical_id(each): self._resources.arn(each) for each in self._functions.values()}
        (self._key,) = (self._resources.arn(key) for key in self._resources.of_type("AWS::KMS::Key"))
        tables = self._resources.of_type("AWS::DynamoDB::Table")
        self._tables = {self._resources.physical_id(table): self._resources.arn(table) for table in tables}

    def refused(self, function: str, calls: list[Call]) -> set[tuple[str, str]]:
        """Return the rights (action and resource) that `function` lacks for `calls`."""
        allowed = set(self._allowed(self._functions[function]))
        return {right for call in calls for right in self._needed(call)} - allowed

    def _allowed(self, function: Resource) -> Iterator[tuple[str, str]]:
        for policy in self._resources.value(function, "Policies"):
            for statement in policy["Statement"]:
                for action in _list(statement["Action"]):
                    yield from ((action, "identity" if ":identity/" in arn else arn) for arn in _list(statement["Resource"]))

    def _needed(self, call: Call) -> Iterator[tuple[str, str]]:
        """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
        parameters: Mapping[str, Any] = call.parameters
        if call.operation == "TransactWriteItems":
            for entry in parameters["TransactItems"]:
                for kind, write in entry.items():
                    yield f"dynamodb:{_IN_TRANSACTIONS[kind]}", self._tables[write["TableName"]]
        elif "RequestItems" in parameters:
            yield from ((f"dynamodb:{call.operation}", self._tables[table]) for table in parameters["RequestItems"])
        elif "TableName" in parameters:
            index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
            yield f"dynamodb:{call.operation}", self._tables[parameters["TableName"]] + index
        elif call.operation == "Invoke":
            yield "lambda:InvokeFunction", self._arns[parameters["FunctionName"]]
        elif call.operation in _KMS:
            yield f"kms:{call.operation}", self._key
        else:
            assert call.operation == "SendEmail"
            # What SES asks for, by what is sent.
            action = "ses:SendRawEmail" if "Raw" in parameters["Content"] else "ses:SendEmail"
            set_name = parameters["ConfigurationSetName"]
            yield from ((action, "identity"), (action, f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{set_name}"))


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.fixture(scope="module")
def policies(stack: Stack) -> Policies:
    """The policies of the functions."""
    return Policies(stack)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_z19_a_function_may_make_every_call_it_makes(stack: Stack, policies: Policies, flow: Flow) -> None:
    send = flow.prepare(Api(stack))
    with recorded() as calls, fresh_process(stack, flow.function):
        assert send().status == flow.success
    assert calls
    assert not policies.refused(flow.function, calls)


@pytest.mark.parametrize("path", ["/.well-known/gatepost/revocations", "/.well-known/jwks.json", "/health"])
def test_z19_the_account_function_may_read_what_it_publishes(stack: Stack, api: Api, policies: Policies, path: str) -> None:
    with recorded() as calls, fresh_process(stack):
        assert api.call("GET", path).status == 200
    assert not policies.refused("AccountFunction", calls)


def test_z19_the_account_function_may_record_what_it_refuses(api: Api, policies: Policies) -> None:
    email = new_email()
    signed_in = api.sign_up(email)
    with recorded() as calls:
        assert api.login(email, "not this one").status == 401
        wrong = {"current_password": "not this one", "new_password": "quite another one"}
        assert api.call("POST", "/v1/me/password", wrong, token=signed_in["access_token"]).status == 401
        assert {api.login(email, "not this one").status for _ in range(9)} == {401, 429}
    assert not policies.refused("AccountFunction", calls)


def test_z19_the_mailer_may_make_every_call_it_makes(stack: Stack, api: Api, policies: Policies) -> None:
    api.register(new_email())
    with recorded() as calls:
        stack.deliver()
        stack.functions["MailerFunction"].invoke({"gatepost": "sweep"})
    # The deliverer of the stream reads it as Lambda does, not the function.
    made = [
        call for call in calls if call.operation not in ("GetRecords", "GetShardIterator", "DescribeStream", "DescribeTable")
    ]
    assert {"GetItem", "UpdateItem", "Query", "SendEmail"} <= {call.operation for call in made}
    assert not policies.refused("MailerFunction", made)


def test_z19_the_keys_function_may_make_every_call_it_makes(stack: Stack, policies: Policies) -> None:
    forget_rotation(stack)
    with recorded() as calls:
        stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})
        asked_by = {"actor_id": "0" * 32, "ip": "192.0.2.1", "user_agent": "", "request_id": new_email()}
        assert stack.functions["KeysFunction"].invoke({"asked_by": asked_by}) == {"refused": None}
    assert {"Encrypt", "TransactWriteItems"} <= {call.operation for call in calls}
    assert not policies.refused("KeysFunction", calls)


@pytest.mark.parametrize("known", [False, True])
def test_z19_the_feedback_function_may_make_every_call_it_makes(
    stack: Stack, api: Api, policies: Policies, known: bool
) -> None:
    email = new_email()
    if known:
        api.sign_up(email)
    with recorded() as calls:
        give(stack, complaint(email))
    assert {call.operation for call in calls} == {"BatchGetItem", "TransactWriteItems"}
    assert not policies.refused("FeedbackFunction", calls)


def test_what_a_table_forgets_has_a_time_to_be_forgotten(stack: Stack) -> None:
    """DynamoDB keeps for ever what has no such attribute, or one that is no number of seconds."""
    for name in ("register", "log in", "log out", "forgot password", "change e-mail", "end a session"):
        BY_NAME[name].prepare(Api(stack))()
    give(stack, bounce(new_email()))
    for table in ("SessionsTable", "OutboxTable", "AuditTable"):
        items = Api(stack).table(table)
        assert items
        assert all(type(item.get("expires_at")) is int and item["expires_at"] < 10**10 for item in items), table
