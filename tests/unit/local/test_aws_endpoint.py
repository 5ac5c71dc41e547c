"""The embedded AWS for other processes: what is signed is answered by the same backends, and nothing a web page could send."""

import json

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.aws import DYNAMODB_URL
from local.events import Response
from local.resources import REGION
from local.stack import Stack

PATH = "/_local/aws"
HOST = {"host": "localhost:3000"}


@pytest.fixture(scope="module")
def table(stack: Stack) -> str:
    """The name of a table that has an item."""
    name = stack.template.tables["UsersTable"].name
    boto3.client("dynamodb").put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    return name


def signed(service: str, operation: str, body: str) -> dict[str, str]:
    """Return the headers of a call of a service that speaks JSON."""
    request = AWSRequest("POST", f"http://localhost:3000{PATH}", data=body, headers={"x-amz-target": operation})
    SigV4Auth(Credentials("local", "local"), service, REGION).add_auth(request)
    return {**dict(request.headers.items()), **HOST, "content-type": "application/x-amz-json-1.0"}


def get_item(stack: Stack, table: str, **headers: str) -> Response:
    body = json.dumps({"TableName": table, "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}})
    sent = {**signed("dynamodb", "DynamoDB_20120810.GetItem", body), **headers}
    return stack.request("POST", PATH, headers={name: value for name, value in sent.items() if value}, body=body)


def test_a_signed_call_meets_the_same_tables(stack: Stack, table: str) -> None:
    answer = get_item(stack, table)
    assert (answer.status, answer.json()["Item"]["pk"]) == (200, {"S": "a"})


def test_an_error_of_aws_comes_through(stack: Stack) -> None:
    answer = get_item(stack, "no-such-table")
    assert answer.status == 400
    assert answer.json()["__type"].endswith("ResourceNotFoundException")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer x"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20261123/eu-west-1/s3/aws4_request, Signature=x"},
        {"host": "attacker.example.com:3000"},
    ],
    ids=["unsigned", "another scheme", "another service", "another host"],
)
def test_what_a_web_page_could_send_is_refused(stack: Stack, table: str, headers: dict[str, str]) -> None:
    answer = get_item(stack, table, **headers)
    assert answer.status == 403
    assert "Item" not in answer.json()


def test_the_deployment_is_described_as_the_functions_have_it(stack: Stack) -> None:
    told = stack.request("GET", "/_local/deployment", headers=HOST).json()
    assert told["aws"]["AWS_ENDPOINT_URL"] == f"http://localhost:3000{PATH}"
    assert DYNAMODB_URL not in told["aws"]
    assert told["functions"].keys() == stack.template.functions.keys()
    admin = stack.template.functions["AdminFunction"]
    assert told["functions"]["AdminFunction"] == {"name": admin.name, "environment": dict(admin.environment)}
    assert stack.request("GET", "/_local/deployment", headers={"host": "attacker.example.com"}).status == 403


def test_an_engine_of_its_own_is_named(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DYNAMODB_URL, "http://localhost:8000")
    assert stack.request("GET", "/_local/deployment", headers=HOST).json()["aws"][DYNAMODB_URL] == "http://localhost:8000"


def test_what_is_below_the_path_is_a_call_and_what_only_begins_like_it_is_not(stack: Stack) -> None:
    assert stack.request("POST", f"{PATH}/2015-03-31/functions/x/invocations", headers=HOST).status == 403
    assert stack.request("POST", f"{PATH}x", headers=HOST).status == 404
