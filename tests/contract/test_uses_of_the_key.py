"""What each function may have the deployment's key do: to what it was made for, and nothing else."""

import pytest

from gatepost.aws.kms import DATA_KEY, SIGNING_KEY
from local.resources import Resources
from tests.deploy.policies import granted_to
from tests.support import PARAMETERS, ROOT

RESOURCES = Resources(ROOT / "template.yaml", "test", PARAMETERS)
FUNCTIONS = {each.logical_id: each for each in RESOURCES.of_type("AWS::Serverless::Function")}
CONTEXT, VIA = "kms:EncryptionContext:gatepost", "kms:ViaService"
DYNAMODB = ("kms:Decrypt", VIA, "dynamodb.eu-west-1.amazonaws.com")
# Of each function: the operation, and what it is for. None needs it to open its environment, which has a context of its own.
USES = {
    "AccountFunction": {
        ("kms:Decrypt", CONTEXT, SIGNING_KEY),
        ("kms:Decrypt", CONTEXT, DATA_KEY),
        ("kms:GenerateDataKey", CONTEXT, DATA_KEY),
        DYNAMODB,
    },
    "AdminFunction": {("kms:GenerateDataKey", CONTEXT, DATA_KEY), DYNAMODB},
    "SetupFunction": {("kms:GenerateDataKey", CONTEXT, DATA_KEY), DYNAMODB},
    "MailerFunction": {("kms:Decrypt", CONTEXT, DATA_KEY)},
    "FeedbackFunction": {DYNAMODB},
    "KeysFunction": {("kms:Encrypt", CONTEXT, SIGNING_KEY)},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_z19_a_function_uses_the_key_for_what_is_its_business_alone(function: str) -> None:
    """Only the account function unwraps signing keys, and only the keys function wraps any, whatever they are handed."""
    uses = set[tuple[str, str, str]]()
    for grant in granted_to(RESOURCES, FUNCTIONS[function]):
        if grant.action.startswith("kms:") and "ArnLike" not in grant.conditions:
            assert grant.conditions.keys() == {"StringEquals"}, f"{grant.action} is bound to nothing"
            ((key, values),) = grant.conditions["StringEquals"].items()
            uses |= {(grant.action, key, value) for value in ([values] if isinstance(values, str) else values)}
    assert uses == USES.get(function, set())
