"""Makes what `sam build` made small and quick to start: takes away what nobody reads in Lambda, and compiles the rest.

    python3.13 tools/trim_artifacts.py .aws-sam/build

Lambda can't write bytecode beside the code, so it is made here, by the Python that Lambda runs, to be trusted without a look at
the source (PEP 552). It names the files as they lie in Lambda. What comes out depends on nothing but what went in: a layer that
hasn't changed has the same bytes, and isn't published again. The sources stay, for tracebacks.
"""

import shutil
import sys
from collections.abc import Iterator
from compileall import compile_dir
from pathlib import Path
from py_compile import PycInvalidationMode

# The services that gatepost.aws.clients makes clients of. botocore brings the descriptions of all 400, most of its size, and
# looks through them all as the first client is made.
SERVICES = {"dynamodb", "events", "kms", "lambda", "sesv2"}

# Folders, wherever they are: tests, bytecode of whichever Python came by, directions for programs that write code.
_FOLDERS = {"tests", "__pycache__", ".agents"}
# Types for checkers, sources for compilers.
_SUFFIXES = {".pyi", ".pxd", ".c", ".h"}
# Of a package's dist-info, what installers keep for themselves. Its version, entry points and licences stay.
_OF_INSTALLERS = {"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json", "sboms", "top_level.txt"}
# Beside the packages: command lines, and what was to be installed. Of boto3, what its resources need: we use clients alone.
_IN_PACKAGES = ("bin", "requirements.txt", "boto3/data", "boto3/examples")


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


def _superfluous(artifact: Path) -> Iterator[Path]:
    for path in artifact.rglob("*"):
        if path.parent.suffix == ".dist-info":
            if path.name in _OF_INSTALLERS:
                yield path
        elif path.name in _FOLDERS if path.is_dir() else path.suffix in _SUFFIXES:
            yield path
    packages = artifact / "python"
    yield from (path for name in _IN_PACKAGES if (path := packages / name).exists())
    yield from (path for path in packages.glob("botocore/data/*/") if path.name not in SERVICES)


def compile_artifact(artifact: Path) -> bool:
    """Compile all modules of a function's or a layer's folder, and return whether all could be."""
    in_lambda = "/opt" if (artifact / "python").is_dir() else "/var/task"
    mode = PycInvalidationMode.UNCHECKED_HASH
    return bool(compile_dir(artifact, quiet=1, workers=0, invalidation_mode=mode, stripdir=artifact, prependdir=in_lambda))


if __name__ == "__main__":
    sys.exit(main())
