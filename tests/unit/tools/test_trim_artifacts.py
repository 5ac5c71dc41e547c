"""What the build takes away, and what it leaves, on a made-up build. `make test-built` drives the real one."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT
from tools.trim_artifacts import SERVICES

LAYER = "ApiLayer"
PACKAGES = f"{LAYER}/python"
STAYS = {
    "AccountFunction/functions/account/app.py",
    f"{PACKAGES}/pkg/docs/service.py",  # code, whatever its name
    f"{PACKAGES}/pkg-1.0.dist-info/METADATA",
    f"{PACKAGES}/pkg-1.0.dist-info/entry_points.txt",
    f"{PACKAGES}/pkg-1.0.dist-info/licenses/LICENSE",
    f"{PACKAGES}/pkg/__init__.py",
    f"{PACKAGES}/pkg/_fast.cpython-313-aarch64-linux-gnu.so",
    f"{PACKAGES}/pkg/bin/__init__.py",
    f"{PACKAGES}/pkg/requirements.txt",
    f"{PACKAGES}/pkg/testing.py",
    f"{PACKAGES}/pydantic/main.py",
}
GOES = {
    "AccountFunction/functions/account/__pycache__/app.cpython-311.pyc",
    f"{PACKAGES}/bin/pkg",
    f"{PACKAGES}/pkg-1.0.dist-info/RECORD",
    f"{PACKAGES}/pkg-1.0.dist-info/WHEEL",
    f"{PACKAGES}/pkg-1.0.dist-info/sboms/pkg.json",
    f"{PACKAGES}/pkg/__init__.pyi",
    f"{PACKAGES}/pkg/__pycache__/__init__.cpython-313.pyc",
    f"{PACKAGES}/pkg/_fast.c",
    f"{PACKAGES}/pkg/tests/__init__.py",
    f"{PACKAGES}/pkg/tests/data/tests/nested.py",
    f"{PACKAGES}/pydantic/v1/main.py",
    f"{PACKAGES}/requirements.txt",
}


def made_up_build(folder: Path) -> Path:
    """Make a build folder of two artifacts, with code in every module."""
    for number, name in enumerate(sorted(STAYS | GOES)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'ORDER = {{"first", "second", "{number}"}}\n\n\ndef order():\n    return ORDER\n')
    return folder


def botocore_data(build: Path) -> Path:
    """Add descriptions of services as botocore has them, and return their folder."""
    data = build / PACKAGES / "botocore/data"
    get = {"name": "GetItem", "documentation": "<p>Words.</p>", "input": {"shape": "Key"}}
    shapes = {"Key": {"members": {"documentation": {"shape": "Text", "documentation": "<p>More words.</p>"}}}}
    described = {"metadata": {"endpointPrefix": "dynamodb"}, "operations": {"GetItem": get}, "shapes": shapes}
    endpoints = {"partitions": [{"partition": "aws", "services": {"dynamodb": {"endpoints": {}}, "s3": {"endpoints": {}}}}]}
    for version in ("dynamodb/2011-12-05", "dynamodb/2012-08-10", "s3/2006-03-01"):
        (folder := data / version).mkdir(parents=True)
        (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(described).encode()))
        (folder / "examples-1.json").write_text("{}")
    (data / "endpoints.json").write_text(json.dumps(endpoints))
    return data


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in `folder`, by their paths in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(build: Path, seed: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run the tool on a build folder."""
    tool = [sys.executable, str(ROOT / "tools/trim_artifacts.py"), str(build)]
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    return subprocess.run(tool, env=environment, capture_output=True, text=True, check=False)


def test_what_nothing_reads_in_lambda_goes_and_everything_else_stays(tmp_path: Path) -> None:
    build = made_up_build(tmp_path)
    assert run(build).returncode == 0
    assert {name for name in files(build) if not name.endswith(".pyc")} == STAYS


def test_every_module_is_compiled_to_be_trusted_and_named_as_in_lambda(tmp_path: Path) -> None:
    build = made_up_build(tmp_path)
    assert run(build).returncode == 0
    compiled = {name: content for name, content in files(build).items() if name.endswith(".pyc")}
    assert len(compiled) == sum(name.endswith(".py") for name in STAYS)
    # PEP 552: a hash of the source that nobody compares.
    assert {content[4:8] for content in compiled.values()} == {(1).to_bytes(4, "little")}
    names = b"".join(compiled.values())
    assert b"/opt/python/pkg/__init__.py" in names
    assert b"/var/task/functions/account/app.py" in names
    assert str(tmp_path).encode() not in names


def test_the_same_sources_make_the_same_bytes_wherever_and_whenever_they_are_built(tmp_path: Path) -> None:
    """Or a layer that hasn't changed would be published again with every deployment."""
    builds = []
    for number in range(2):
        build = made_up_build(tmp_path / f"build-{number}")
        for file in build.rglob("*.py"):
            os.utime(file, (number, number))
        assert run(build, seed=number).returncode == 0
        builds.append(files(build))
    assert builds[0] == builds[1]


def test_code_that_is_no_python_fails_the_build(tmp_path: Path) -> None:
    build = made_up_build(tmp_path)
    (build / "AccountFunction/app.py").write_text("def handler(:\n")
    told = run(build)
    assert told.returncode == 1
    assert "AccountFunction/app.py" in told.stdout


def test_botocore_keeps_what_it_reads_of_its_descriptions(tmp_path: Path) -> None:
    data = botocore_data(made_up_build(tmp_path))
    for _ in range(2):  # the second time, nothing is left to do
        assert run(tmp_path).returncode == 0
    kept = {name: json.loads(content) for name, content in files(data).items()}
    assert kept == {
        "dynamodb/2012-08-10/service-2.json": {
            "metadata": {"endpointPrefix": "dynamodb"},
            "operations": {"GetItem": {"name": "GetItem", "input": {"shape": "Key"}}},
            # A member of that name is no documentation.
            "shapes": {"Key": {"members": {"documentation": {"shape": "Text"}}}},
        },
        "endpoints.json": {"partitions": [{"partition": "aws", "services": {"dynamodb": {"endpoints": {}}}}]},
    }


def test_botocore_keeps_the_services_that_the_code_makes_clients_of() -> None:
    code = [path.read_text() for folder in ("functions", "layers/core") for path in (ROOT / folder).rglob("*.py")]
    made = {service for text in code for service in re.findall(r'\bclient\("(\w+)"', text)}
    typed = set(re.findall(r'service: Literal\["(\w+)"\]', (ROOT / "layers/core/python/gatepost/aws/clients.py").read_text()))
    assert made == typed == SERVICES
