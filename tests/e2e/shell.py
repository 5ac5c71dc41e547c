"""Documents whose `sh` blocks are pasted into a shell, and whose `json` blocks say what the one before prints."""

import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a line begins with that begins a value.
_VALUE = re.compile(r"^[^\s\]}]", re.MULTILINE)
_MARK = "--- end of a block ---"
# What is different at every run.
_RANDOM = {"access_token", "refresh_token", "session_id", "id", "sub", "sid", "created_at", "request_id", "exp"}
# Of an import: how long it took, and the folder of its files.
_RANDOM |= {"seconds", "refusals", "ids"}


def walk(document: Path, port: int, example_port: int) -> int:
    """Run all blocks of `document` as one script, and compare what they print; return how many were compared."""
    blocks: list[tuple[str, str]] = _BLOCK.findall(document.read_text("utf-8"))
    script = "".join(f"{text}\necho '{_MARK}'\n" for kind, text in blocks if kind == "sh")
    script = script.replace("localhost:3000", f"localhost:{port}").replace("localhost:3001", f"localhost:{example_port}")
    shell = ["bash", "-eu", "-o", "pipefail", "-c", script]
    run = subprocess.run(shell, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, f"{run.stderr}\nprinted last: {run.stdout[-2000:]}"
    printed = iter(run.stdout.split(_MARK))
    compared = 0
    for (kind, _), (following, expected) in pairwise([*blocks, ("", "")]):
        if kind != "sh":
            continue
        output = next(printed)
        if following == "json":
            compared += 1
            _assert_like(_last(output), json.loads(expected))
    return compared


def _last(output: str) -> Any:
    """Return the JSON that a block prints last, in one line or in several of which only the last begins as its first does."""
    return json.loads(output[[match.start() for match in _VALUE.finditer(output)][-1] :])


def _assert_like(actual: Any, expected: Any) -> None:
    """The same members with the same values, but for those that are different at every run."""
    assert type(actual) is type(expected)
    if not isinstance(expected, dict):
        assert actual == expected
        return
    assert actual.keys() == expected.keys()
    for name in expected.keys() - _RANDOM:
        _assert_like(actual[name], expected[name])
