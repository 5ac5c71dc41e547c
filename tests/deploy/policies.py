"""What the role of a function allows, by all policies that it has in its template."""

from collections.abc import Iterator

from local.resources import Resource, Resources
from tests.deploy.iam import Grant, grants


def granted_to(resources: Resources, function: Resource) -> Iterator[Grant]:
    """Yield what a function may do. Fails for one whose role isn't written out in the template."""
    all_policies = {each.logical_id: each for each in resources.of_type("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")}
    (role_id, attribute) = function.properties["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    role = all_policies[role_id]
    for policy in resources.value(role, "Policies", []):
        yield from grants([policy["PolicyDocument"]])
    for attached in role.properties.get("ManagedPolicyArns", []):
        yield from grants([resources.value(all_policies[attached["Ref"]], "PolicyDocument")])
