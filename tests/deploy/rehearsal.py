"""Pages whose commands are rehearsed: their `sh` blocks run as one script, in which what would touch an AWS account, or change
this folder, is only written down.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What stands in for a command: it appends its words to a list, and prints the first answer whose key is in them.
_STAND_IN = """\
#!{python}
import json, os, sys
words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
with open({log!r}, "a", encoding="utf-8") as log:
    log.write(json.dumps(words) + "\\n")
print(next((answer for key, answer in {answers!r}.items() if any(key in word for word in words)), "an-answer"))
"""
_STOOD_IN = ("aws", "gatepost", "git", "make", "sam", ".venv-sam/bin/sam")

Command = Sequence[str]


def blocks(page: Path) -> list[str]:
    """Return the `sh` blocks of a page."""
    return _BLOCK.findall(page.read_text("utf-8"))


def rehearse(
    page: Path, folder: Path, *, answers: Mapping[str, str] | None = None, replaced: Mapping[str, str] | None = None
) -> list[Command]:
    """Run all `sh` blocks of `page` in the empty `folder`, and return the commands that were written down rather than run.

    `answers` says what a command prints that has a word with the key in it. `replaced` are texts of the page and what a reader
    puts there. Fails if the script does.
    """
    log = folder / "commands.jsonl"
    for name in _STOOD_IN:
        stand_in = folder / (name if "/" in name else f"bin/{name}")
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text(_STAND_IN.format(python=sys.executable, log=str(log), answers=dict(answers or {})), "utf-8")
        stand_in.chmod(0o755)
    script = "\n".join(blocks(page))
    for text, other in (replaced or {}).items():
        assert text in script, f"{page.name} has no {text}"
        script = script.replace(text, other)
    run = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", f'PATH="{folder}/bin:$PATH"\n{script}'],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]
