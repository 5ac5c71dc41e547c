"""Makes what `sam build` made small and quick to start: takes away what nobody reads in Lambda, and compiles the rest.

    python3.13 tools/trim_artifacts.py .aws-sam/build

Lambda can't write bytecode beside the code, so it is made here, by the Python that Lambda runs, to be trusted without a look at
the source (PEP 552). It names the files as they lie in Lambda. What comes out depends on nothing but what went in: a layer that
hasn't changed has the same bytes, and isn't published again. The sources stay, for tracebacks.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from compileall import compile_dir
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

# The services that gatepost.aws.clients makes clients of. botocore brings the descriptions of all 400, most of its size, and
# looks through them all as the first client is made.
SERVICES = {"dynamodb", "events", "kms", "lambda", "sesv2"}

# Folders, wherever they are: tests, bytecode of whichever Python came by, directions for programs that write code.
_FOLDERS = {"tests", "__pycache__", ".agents"}
# Types for checkers, sources for compilers.
_SUFFIXES = {".pyi", ".pxd", ".c", ".h"}
# Of a package's dist-info, what installers keep for themselves. Its version, entry points and licences stay.
_OF_INSTALLERS = {"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json", "sboms", "top_level.txt"}
# Beside the packages: command lines, and what was to be installed. And pydantic 1, which pydantic brings along: FastAPI would
# import all of it to see that no model of ours is one of its, and does without where it isn't there.
_IN_PACKAGES = ("bin", "requirements.txt", "pydantic/v1")
# Beside botocore's description of a service: examples for its documentation.
_EXAMPLES = "examples-1.json"


def main() -> int:
    """Trim and compile every artifact of the build folder that is given. Returns the exit code: 1 if some code isn't Python."""
    artifacts = sorted(folder for folder in Path(sys.argv[1]).iterdir() if folder.is_dir())
    for artifact in artifacts:
        trim(artifact)
    return 0 if all(map(compile_artifact, artifacts)) else 1


def trim(artifact: Path) -> None:
    """Remove from a function's or a layer's folder what nothing there reads."""
    for path in sorted(_superfluous(artifact)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            # It may have gone with its folder.
            path.unlink(missing_ok=True)
    data = artifact / "python/botocore/data"
    if data.is_dir():
        _shorten_descriptions(data)


def _superfluous(artifact: Path) -> Iterator[Path]:
    for path in artifact.rglob("*"):
        if path.parent.suffix == ".dist-info":
            if path.name in _OF_INSTALLERS:
                yield path
        elif path.name in _FOLDERS if path.is_dir() else path.suffix in _SUFFIXES:
            yield path
    packages = artifact / "python"
    yield from (path for name in _IN_PACKAGES if (path := packages / name).exists())
    services = [path for path in packages.glob("botocore/data/*/") if path.is_dir()]
    yield from (path for path in services if path.name not in SERVICES)
    for service in services:
        # The newest version comes last, and is the one that botocore takes.
        *older, newest = sorted(path for path in service.iterdir() if path.is_dir())
        yield from (*older, newest / _EXAMPLES)


def _shorten_descriptions(data: Path) -> None:
    """Leave of botocore's descriptions what it reads: JSON that isn't packed, without words for people; of the list of all
    endpoints, those of our services. Most of a client's making is reading these.
    """
    for packed in sorted(data.rglob("*.json.gz")):
        _write(packed.with_suffix(""), _without_documentation(json.loads(gzip.decompress(packed.read_bytes()))))
        packed.unlink()
    services = [json.loads(path.read_bytes()) for path in data.rglob("service-2.json")]
    prefixes = {service["metadata"]["endpointPrefix"] for service in services}
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: service for name, service in partition["services"].items() if name in prefixes}
    _write(data / "endpoints.json", endpoints)


def _without_documentation(value: Any) -> Any:
    if isinstance(value, dict):
        # A text: a member of a shape may have that name too, and is an object.
        return {
            name: _without_documentation(member)
            for name, member in value.items()
            if name != "documentation" or not isinstance(member, str)
        }
    return [_without_documentation(member) for member in value] if isinstance(value, list) else value


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False), "utf-8")


def compile_artifact(artifact: Path) -> bool:
    """Compile all modules of a function's or a layer's folder, and return whether all could be."""
    in_lambda = "/opt" if (artifact / "python").is_dir() else "/var/task"
    mode = PycInvalidationMode.UNCHECKED_HASH
    return bool(compile_dir(artifact, quiet=1, workers=0, invalidation_mode=mode, stripdir=artifact, prependdir=in_lambda))


if __name__ == "__main__":
    sys.exit(main())
