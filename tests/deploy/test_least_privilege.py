"""Each function may do what it does and nothing else, by the calls that the handlers really make (CASES Z-19, ASVS 13.2).

The policies are those of `template.yaml`, and an evaluation of them written from IAM's documentation stands in for IAM.
"""

import pytest

from local.aws import embedded_aws
from local.resources import Resources
from local.stack import Stack
from tests.deploy import errands
from tests.deploy.iam import Grant, Need
from tests.deploy.lambda_rights import rights_of_lambda
from tests.deploy.noted_calls import noted_calls
from tests.deploy.policies import granted_to
from tests.deploy.rights import rights
from tests.support import PARAMETERS, ROOT

PATH = ROOT / "template.yaml"
NAME = "gatepost-local"
RESOURCES = Resources(PATH, NAME, PARAMETERS)
FUNCTIONS = list(RESOURCES.of_type("AWS::Serverless::Function"))

Needs = dict[str, set[Need]]
Grants = dict[str, list[Grant]]


@pytest.fixture(scope="module")
def needed() -> Needs:
    """What each function needs for what it does."""
    with noted_calls() as calls, embedded_aws() as mailbox, Stack(PATH, mailbox, name=NAME, parameters=PARAMETERS) as stack:
        errands.run(stack)
        found = {each.logical_id: set(rights_of_lambda(stack.template, RESOURCES, each)) for each in FUNCTIONS}
        for call in calls:
            found[call.function].update(rights(stack.template, call.service, call.operation, call.parameters))
    return found


@pytest.fixture(scope="module")
def granted() -> Grants:
    """What each function's role allows."""
    return {function.logical_id: list(granted_to(RESOURCES, function)) for function in FUNCTIONS}


def test_z19_every_call_is_granted(needed: Needs, granted: Grants) -> None:
    lacking = {
        f"{function}: {need.action} {need.resource}"
        for function, needs in needed.items()
        for need in needs
        if not any(grant.covers(need) for grant in granted[function])
    }
    assert not lacking


def test_z19_every_grant_is_used(needed: Needs, granted: Grants) -> None:
    unused = [
        f"{function}: {grant.action} {grant.resource}"
        for function, allowed in granted.items()
        for grant in allowed
        if not any(grant.covers(need) for need in needed[function])
    ]
    assert not unused


def test_the_errands_are_those_of_every_function(needed: Needs) -> None:
    """A function that nobody calls here would need nothing, and hold no grant against anything."""
    for function, needs in needed.items():
        assert any(need.action.startswith("dynamodb:") for need in needs), function
