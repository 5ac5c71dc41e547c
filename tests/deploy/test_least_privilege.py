"""Each function may do what it does and nothing else, by the calls that the handlers really make (CASES Z-19).

The policies are those of `template.yaml`, and an evaluation of them written from IAM's documentation stands in for IAM.
"""

import pytest

from local.aws import embedded_aws
from local.resources import Resources
from local.stack import Stack
from tests.deploy import errands
from tests.deploy.iam import Grant, Need, grants
from tests.deploy.noted_calls import noted_calls
from tests.deploy.rights import rights
from tests.support import PARAMETERS, ROOT

PATH = ROOT / "template.yaml"
Rights = dict[str, set[Need]]


@pytest.fixture(scope="module")
def needed() -> Rights:
    """What each function needs for what it does."""
    with noted_calls() as calls, embedded_aws() as mailbox, Stack(PATH, mailbox, parameters=PARAMETERS) as stack:
        errands.run(stack)
        found: Rights = {function: set() for function in stack.template.functions}
        for call in calls:
            found[call.function].update(rights(stack.template, call.service, call.operation, call.parameters))
    return found


@pytest.fixture(scope="module")
def granted() -> dict[str, list[Grant]]:
    """What each function's policies allow."""
    resources = Resources(PATH, "gatepost-local", PARAMETERS)
    functions = resources.of_type("AWS::Serverless::Function")
    return {each.logical_id: list(grants(resources.value(each, "Policies", []))) for each in functions}


def test_z19_every_call_is_granted(needed: Rights, granted: dict[str, list[Grant]]) -> None:
    lacking = {
        (function, need.action, need.resource)
        for function, needs in needed.items()
        for need in needs
        if not any(grant.covers(need) for grant in granted[function])
    }
    assert not lacking


def test_z19_every_grant_is_used(needed: Rights, granted: dict[str, list[Grant]]) -> None:
    unused = [
        (function, grant.action, grant.resource)
        for function, allowed in granted.items()
        for grant in allowed
        if not any(grant.covers(need) for need in needed[function])
    ]
    assert not unused
