"""The project with tables of its own, apart from all others on an engine."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3

from local.template import read_template
from tests.support import PARAMETERS, ROOT


def project_in(folder: Path) -> Iterator[Path]:
    """Yield `folder` with the project in it; its tables are deleted afterwards."""
    for name in ("functions", "layers", "openapi.json"):
        (folder / name).symlink_to(ROOT / name)
    template, prefix = folder / "template.yaml", f"test-{secrets.token_hex(4)}"
    table = re.compile(r"^  (\w+):\n    Type: AWS::DynamoDB::Table\n(?:    .*\n)*?    Properties:\n", re.MULTILINE)
    template.write_text(table.sub(rf"\g<0>      TableName: {prefix}-\1\n", (ROOT / "template.yaml").read_text()))
    yield folder
    dynamodb = boto3.client("dynamodb")
    for each in read_template(template, "test", PARAMETERS).tables.values():
        assert each.name.startswith(prefix)
        dynamodb.delete_table(TableName=each.name)
