"""`gatepost --stack`: a stack in AWS is found by its name, and the operator is who AWS says they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.app import gatepost
from gatepost.audit import Event
from local.stack import Stack
from tests.cli.deployed import ARN, NAME, deployed
from tests.cli.support import Operator
from tests.integration.administrators import administrator


@pytest.fixture
def in_aws(stack: Stack) -> Iterator[Operator]:
    """An operator of a stack in AWS."""
    with deployed(stack):
        yield Operator(stack, ("--stack", NAME), ARN)


def test_what_an_operator_changes_is_in_the_events_by_their_arn(in_aws: Operator, tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text("roles: {auditor: {permissions: ['audit:read']}}")
    in_aws.run("roles", "apply", str(file), "--yes")
    assert [event["role"] for event in in_aws.events(Event.ROLE_CREATED)] == ["auditor"]
    (event,) = administrator(in_aws.stack).admin("GET", f"/audit?actor_id={ARN}&event=role.created").json()["items"]
    assert (event["actor_id"], event["user_id"], event["role"]) == (ARN, None, "auditor")


def test_the_keys_function_is_called_by_its_physical_name(in_aws: Operator) -> None:
    assert in_aws.json("keys", "rotate")["rotation_pending"]
    assert len(in_aws.events(Event.KEY_ROTATION_REQUESTED)) == 1


def test_the_stack_may_be_named_by_the_environment(in_aws: Operator) -> None:
    run = CliRunner().invoke(gatepost, ["roles", "export"], env={"GATEPOST_STACK": NAME})
    assert run.exit_code == 0
    assert in_aws.refusal("--stack", "other", "roles", "export", code=3).startswith("AWS says ValidationError")


@pytest.mark.parametrize("denied", ["DescribeStackResource", "GetFunctionConfiguration", "GetItem"])
def test_who_lacks_the_rights_is_told_which(stack: Stack, denied: str) -> None:
    with deployed(stack, denied):
        said = Operator(stack, ("--stack", NAME)).refusal("roles", "export", code=3)
    assert "AccessDenied" in said
    assert f"at {denied}" in said
    assert "your rights" in said


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_DEFAULT_REGION": "", "AWS_REGION": ""}, "Set AWS_REGION"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS credentials are missing"),
        ({"AWS_PROFILE": "nobody"}, "nobody"),
    ],
)
def test_an_environment_without_aws_says_what_to_set(
    in_aws: Operator, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    assert said in in_aws.refusal("roles", "export", code=3)
