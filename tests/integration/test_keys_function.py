"""The keys function: it makes the first signing keys once, and rotates them as is due."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
import time_machine

from gatepost.storage.writes import Item, from_dynamodb
from local.aws import create_key
from local.custom_resources import create_custom_resource
from local.functions import LambdaFunction
from local.model import Template
from local.stack import Stack
from local.tables import create_table
from local.template import read_template
from tests.calls import failing, recorded
from tests.integration.aws_faults import faults, lost_answer, times
from tests.support import PARAMETERS, ROOT

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 86_400
ROTATE = {"gatepost": "rotate"}


class Deployment:
    """A keys function with a table and a KMS key of its own."""

    def __init__(self, name: str) -> None:
        self.template: Template = read_template(ROOT / "template.yaml", name, PARAMETERS)
        for key in self.template.keys:
            create_key(key, ROOT / ".local" / "never-written")
        create_table(self.template.tables["KeysTable"])
        self.function = LambdaFunction(self.template.functions["KeysFunction"])

    def create(self) -> None:
        """As CloudFormation creates the custom resource."""
        (resource,) = (each for each in self.template.custom_resources if each.logical_id == "SigningKeys")
        create_custom_resource(resource, self.function, self.template.stack_id)

    def items(self) -> list[Item]:
        scanned = boto3.client("dynamodb").scan(TableName=self.template.tables["KeysTable"].name)
        return [from_dynamodb(item) for item in scanned["Items"]]

    def ring(self) -> Item:
        (item,) = self.items()
        return item

    def states(self) -> list[str]:
        return [key["state"] for key in self.ring()["keys"]]


@pytest.fixture
def deployment(stack: Stack) -> Deployment:
    assert stack  # for the embedded AWS
    return Deployment(f"keys-{secrets.token_hex(6)}")


@contextmanager
def response_url() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A URL on this machine, and what was PUT to it."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            received.append({"content-type": self.headers["content-type"], **body})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


def custom_resource_event(request_type: str, url: str) -> dict[str, Any]:
    return {
        "RequestType": request_type,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/gatepost/1",
        "RequestId": "a-request",
        "ResourceType": "Custom::SigningKeys",
        "LogicalResourceId": "SigningKeys",
        "PhysicalResourceId": "signing-keys",
        "ResourceProperties": {},
    }


def test_creating_the_resource_makes_two_keys_of_which_one_signs(deployment: Deployment) -> None:
    assert deployment.items() == []
    deployment.create()
    ring = deployment.ring()
    assert (ring["version"], deployment.states()) == (1, ["signing", "standby"])
    assert len({key["kid"] for key in ring["keys"]}) == 2
    for key in ring["keys"]:
        assert key["public_jwk"].keys() == {"kty", "n", "e", "kid", "alg", "use"}
        assert (key["public_jwk"]["kty"], key["public_jwk"]["alg"], key["public_jwk"]["use"]) == ("RSA", "RS256", "sig")
        assert key["public_jwk"]["kid"] == key["kid"]


def test_creating_the_resource_twice_makes_the_keys_once(deployment: Deployment) -> None:
    deployment.create()
    before = deployment.ring()
    with recorded() as calls:
        deployment.create()
    assert deployment.ring() == before
    assert [call.operation for call in calls] == ["GetItem"]


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_every_request_of_cloudformation_is_answered_and_none_changes_keys_that_are_there(
    deployment: Deployment, request_type: str
) -> None:
    """Deleting the resource leaves the keys: they verify tokens that are still out there."""
    deployment.create()
    before = deployment.ring()
    with response_url() as (url, received):
        assert deployment.function.invoke(custom_resource_event(request_type, url)) is None
    assert received == [
        {
            "content-type": "",
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "signing-keys",
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/gatepost/1",
            "RequestId": "a-request",
            "LogicalResourceId": "SigningKeys",
        }
    ]
    assert deployment.ring() == before


def test_deleting_a_resource_that_was_never_made_makes_no_keys(deployment: Deployment) -> None:
    with response_url() as (url, received):
        deployment.function.invoke(custom_resource_event("Delete", url))
    assert [answer["Status"] for answer in received] == ["SUCCESS"]
    assert deployment.items() == []


@pytest.mark.parametrize("operation", ["Encrypt", "GetItem", "PutItem"])
def test_a_failure_is_told_to_cloudformation_and_leaves_no_half_ring(deployment: Deployment, operation: str) -> None:
    with response_url() as (url, received):
        with failing(operation):
            deployment.function.invoke(custom_resource_event("Create", url))
        (answer,) = received
        assert answer["Status"] == "FAILED"
        assert answer["Reason"].startswith("The first signing keys could not be made: ")
        assert "Unavailable" in answer["Reason"]
        assert deployment.items() == []
        deployment.function.invoke(custom_resource_event("Create", url))
    assert received[1]["Status"] == "SUCCESS"
    assert deployment.states() == ["signing", "standby"]


def test_a_first_deployment_that_is_rolled_back_leaves_nothing_that_the_next_one_trips_over(deployment: Deployment) -> None:
    """CloudFormation deletes the resource whose creation has failed; and one that was made, if another resource fails."""
    with response_url() as (url, received):
        with failing("Encrypt"):
            deployment.function.invoke(custom_resource_event("Create", url))
        deployment.function.invoke(custom_resource_event("Delete", url))
        assert deployment.items() == []
        deployment.function.invoke(custom_resource_event("Create", url))
        before = deployment.ring()
        deployment.function.invoke(custom_resource_event("Delete", url))
        deployment.function.invoke(custom_resource_event("Create", url))
    assert [answer["Status"] for answer in received] == ["FAILED", "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"]
    assert deployment.ring() == before
    assert deployment.function.invoke(ROTATE) == {"version": 1}


def test_a_resource_that_is_replaced_is_the_same_one_and_its_keys_stay(deployment: Deployment) -> None:
    """An update answers with the id it came with, so CloudFormation deletes no old one; and if it did, nothing happened."""
    deployment.create()
    before = deployment.ring()
    with response_url() as (url, received):
        for request_type in ("Update", "Delete"):
            deployment.function.invoke(custom_resource_event(request_type, url) | {"PhysicalResourceId": "from-before"})
    assert [answer["PhysicalResourceId"] for answer in received] == ["from-before"] * 2
    assert deployment.ring() == before


def test_r21_where_the_answer_can_not_be_delivered_lambda_asks_again_and_the_keys_are_made_once(
    deployment: Deployment,
) -> None:
    with response_url() as (url, _):
        assert url.startswith("http")  # behind this line nobody listens there any more
    with pytest.raises(OSError, match="refused"):
        deployment.function.invoke(custom_resource_event("Create", url))
    before = deployment.ring()
    with response_url() as (url, received):
        deployment.function.invoke(custom_resource_event("Create", url))
    assert [answer["Status"] for answer in received] == ["SUCCESS"]
    assert deployment.ring() == before


def test_a_deployment_with_another_kind_of_keys_leaves_those_that_are_there(deployment: Deployment) -> None:
    """Its first key of the new kind stands by after the next rotation, and signs after the one that follows."""
    with time_machine.travel(START, tick=False) as clock:
        deployment.create()
        updated = LambdaFunction(deployment.function.definition, {"GATEPOST_SIGNING_KEY_SPEC": "ECC_NIST_P256"})
        assert updated.invoke(ROTATE) == {"version": 1}
        clock.shift(30 * DAY)
        updated.invoke(ROTATE)
        assert [key["algorithm"] for key in deployment.ring()["keys"]] == ["RS256", "RS256", "ES256"]
        clock.shift(30 * DAY)
        updated.invoke(ROTATE)
        signing = next(key for key in deployment.ring()["keys"] if key["state"] == "signing")
        assert signing["public_jwk"]["crv"] == "P-256"


def test_r21_a_run_of_the_schedule_that_comes_twice_or_whose_answer_is_lost_rotates_once(deployment: Deployment) -> None:
    with time_machine.travel(START, tick=False) as clock:
        deployment.create()
        clock.shift(30 * DAY)
        with faults(times(1, "PutItem RING", lost_answer)):
            assert deployment.function.invoke(ROTATE) == {"version": 2}
        rotated = deployment.ring()
        for _ in range(3):
            clock.shift(60)
            assert deployment.function.invoke(ROTATE) == {"version": 2}
        assert deployment.ring() == rotated


def test_the_private_parts_are_wrapped_for_their_key_alone(deployment: Deployment) -> None:
    """By KMS, bound to the kid: in the table stands no private key, and none can take another's place."""
    deployment.create()
    (key_id,) = deployment.template.keys
    kms, (first, second) = boto3.client("kms"), deployment.ring()["keys"]
    for key in (first, second):
        assert b"PRIVATE" not in key["wrapped_private"]
        assert {"d", "p", "q", "dp", "dq", "qi"} & key["public_jwk"].keys() == set()
        context = {"gatepost": "signing-key", "kid": key["kid"]}
        opened = kms.decrypt(KeyId=key_id, CiphertextBlob=key["wrapped_private"], EncryptionContext=context)["Plaintext"]
        assert opened not in key["wrapped_private"]
    for context in ({"gatepost": "signing-key", "kid": second["kid"]}, {"gatepost": "data-key"}, {}):
        with pytest.raises(kms.exceptions.InvalidCiphertextException):
            kms.decrypt(KeyId=key_id, CiphertextBlob=first["wrapped_private"], EncryptionContext=context)


def test_the_schedule_changes_nothing_until_30_days_have_passed_then_rotates_once(deployment: Deployment) -> None:
    with time_machine.travel(START, tick=False) as clock:
        deployment.create()
        before = deployment.ring()
        for _ in range(3):
            clock.shift(10 * DAY - 1)
            assert deployment.function.invoke(ROTATE) == {"version": 1}
        assert deployment.ring() == before
        clock.shift(3)
        assert deployment.function.invoke(ROTATE) == {"version": 2}
        assert deployment.states() == ["retired", "signing", "standby"]
        kids = [key["kid"] for key in deployment.ring()["keys"]]
        assert kids[:2] == [key["kid"] for key in before["keys"]]
        assert deployment.function.invoke(ROTATE) == {"version": 2}
        clock.shift(3600)
        assert deployment.function.invoke(ROTATE) == {"version": 3}
        assert [key["kid"] for key in deployment.ring()["keys"]] == kids[1:]


def test_the_schedule_makes_the_first_keys_where_the_resource_did_not(deployment: Deployment) -> None:
    assert deployment.function.invoke(ROTATE) == {"version": 1}
    assert deployment.states() == ["signing", "standby"]


def test_a_rotation_that_fails_leaves_the_ring_as_it_was(deployment: Deployment) -> None:
    with time_machine.travel(START, tick=False) as clock:
        deployment.create()
        before = deployment.ring()
        clock.shift(30 * DAY)
        for operation in ("Encrypt", "GetItem", "PutItem"):
            with failing(operation), pytest.raises(Exception, match="can't answer right now"):
                deployment.function.invoke(ROTATE)
        assert deployment.ring() == before
        assert deployment.function.invoke(ROTATE) == {"version": 2}


def test_an_event_with_anything_else_rotates_what_is_due_and_no_more(deployment: Deployment) -> None:
    deployment.create()
    before = deployment.ring()
    for event in ({}, {"gatepost": "rotate", "early": True}, {"early": True}, {"source": "aws.events"}):
        assert deployment.function.invoke(event) == {"version": 1}
    assert deployment.ring() == before
