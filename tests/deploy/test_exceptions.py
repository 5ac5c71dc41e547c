"""What the linters are asked to pass over stands in the templates, at the one resource that it's for, with its reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.written import DOCUMENTS, PATHS, name_of

# CloudFormation's own rules are all met. These are rules of cfn-lint-serverless that go by names or can't see SAM's other ways.
CFN_LINT = {"ES1007", "ES6000"}
CHECKOV = {
    "CKV_AWS_27": "a key of our own for a queue that SQS encrypts",
    "CKV_AWS_28": "backups of what expires",
    "CKV_AWS_86": "a log of CloudFront's, which would have query strings in it",
    "CKV_AWS_116": "a queue for what is called by somebody who waits",
    "CKV_AWS_117": "a VPC around what calls nothing but AWS",
    "CKV_AWS_119": "a key of our own for a table that holds nothing to be read",
    "CKV_AWS_158": "a key of our own for the authorizer's log, in which there is no name and no token",
    "CKV_AWS_173": "a key of our own for an environment that holds nothing but what is public",
}


def metadata(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical id and metadata of every resource of a template."""
    for logical_id, resource in DOCUMENTS[path]["Resources"].items():
        yield logical_id, resource.get("Metadata", {})


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_a_template_as_a_whole_excepts_nothing(path: Path) -> None:
    assert DOCUMENTS[path].get("Metadata", {}).keys() <= {"AWS::CloudFormation::Interface"}


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_checkov_passes_over_only_what_is_reasoned(path: Path) -> None:
    for logical_id, of_resource in metadata(path):
        for skip in of_resource.get("checkov", {}).get("skip", ()):
            assert skip["id"] in CHECKOV, logical_id
            assert len(skip["comment"]) > 20, logical_id


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_cfn_lint_passes_over_nothing_of_its_own(path: Path) -> None:
    for _, of_resource in metadata(path):
        assert set(of_resource.get("cfn-lint", {}).get("config", {}).get("ignore_checks", ())) <= CFN_LINT
