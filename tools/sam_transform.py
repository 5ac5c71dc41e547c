"""What CloudFormation makes of a template before it creates anything: SAM's resources turned into those they stand for.

Run by .venv-sam, whose SAM brings the transformation: python tools/sam_transform.py TEMPLATE NAME=VALUE… prints it as JSON. The
parameters count, since SAM looks at some of them.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

from local.intrinsics import load_yaml

# `sam package` puts a place in a bucket where a folder stands; the transformation takes no folder.
_PACKAGED = "s3://packaged/code.zip"
_FOLDERS = ("CodeUri", "ContentUri")
# It decides on the partition in ARNs. SAM asks the environment for one too, and asks nobody else for anything.
_REGION = os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
# It tells that it is not inside CloudFormation.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


class _ManagedPolicies:
    """AWS's managed policies by name. A template that names none, but by its ARN, needs none."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(template: Path, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the template as CloudFormation resources alone. Raises SAM's `InvalidDocumentException` for one that can't be."""
    document = load_yaml(template)
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        properties |= {name: _PACKAGED for name in _FOLDERS if name in properties}
    translated: dict[str, Any] = transform(document, parameters, _ManagedPolicies())
    return translated


def main() -> None:
    template, *assignments = sys.argv[1:]
    parameters = dict(assignment.split("=", 1) for assignment in assignments)
    print(json.dumps(transformed(Path(template), {"AWS::Region": _REGION} | parameters), indent=2))


if __name__ == "__main__":
    main()
