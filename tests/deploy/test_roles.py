"""What SAM adds to the roles of the functions, and who else may do something (CASES Z-19). What the functions' own policies allow
is in test_least_privilege.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.transformation import Document, transformed
from tests.deploy.written import PATHS, name_of, parameters

pytestmark = pytest.mark.deploy

# Rights on everything, since nothing could be named instead: X-Ray has no resources, and AWS's own policies name none.
MANAGED = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": "CloudWatch Logs",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess": "X-Ray",
}


@pytest.fixture(params=PATHS, ids=name_of)
def document(request: pytest.FixtureRequest) -> Document:
    return transformed(request.param, **parameters(request.param))


def statements(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role and policy."""
    for logical_id, resource in document["Resources"].items():
        if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            properties = resource["Properties"]
            for policy in (*properties.get("Policies", ()), properties):
                for statement in policy.get("PolicyDocument", {}).get("Statement", ()):
                    yield logical_id, statement


def test_z19_of_aws_own_policies_only_those_are_used_that_name_nothing_of_ours(document: Document) -> None:
    for logical_id, resource in document["Resources"].items():
        attached = resource.get("Properties", {}).get("ManagedPolicyArns", [])
        assert set(attached) <= MANAGED.keys(), logical_id


def test_z19_no_statement_is_of_everything(document: Document) -> None:
    for logical_id, statement in statements(document):
        actions, resources = (
            value if isinstance(value, list) else [value] for value in (statement["Action"], statement["Resource"])
        )
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in actions), logical_id
        assert "*" not in resources, logical_id


def test_z19_a_role_is_taken_on_by_one_service(document: Document) -> None:
    for logical_id, resource in document["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Effect"] == "Allow"
            services = statement["Principal"]["Service"]
            assert len(services) == 1 or isinstance(services, str), logical_id
            assert statement["Principal"].keys() == {"Service"}
