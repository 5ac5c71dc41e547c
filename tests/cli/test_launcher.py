"""`.venv/bin/gatepost`, which make writes: the command line as a process of its own, from any folder."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

LAUNCHER = ROOT / ".venv" / "bin" / "gatepost"


def run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([LAUNCHER, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_it_works_from_any_folder_whatever_lies_there(url: str, tmp_path: Path) -> None:
    for name in ("cli.py", "gatepost.py", "click.py", "yaml.py"):
        (tmp_path / name).write_text("raise SystemExit('this is not the command line')")
    done = run("--local", url, "--json", "clients", "list", folder=tmp_path)
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("clients", "show", "nobody"), 1, "Error: There is no such client.\n"),
        (("clients", "show"), 2, "Missing argument 'CLIENT_ID'"),
        (("--local", "http://localhost:9", "clients", "list"), 3, "No local stack answers"),
    ],
)
def test_each_way_to_end_has_its_exit_code(url: str, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("--local", url, *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_help_imports_no_command(tmp_path: Path) -> None:
    """It is there at once: what is heavy is imported by the commands that need it."""
    program = "import sys, cli.app; cli.app.gatepost(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    path = f"{ROOT}:{ROOT}/layers/core/python:{ROOT}/layers/verifier/python"
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Commands:" in done.stdout
    assert not {"boto3", "botocore", "pydantic", "yaml", "cli.commands.roles", "gatepost.service"} & {*done.stderr.split()}
