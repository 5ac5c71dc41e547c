"""Somebody who is paged: a terminal in which a runbook's blocks are pasted, one after the other, and what it prints.

In it, `gatepost` and `aws` work on a stack of this process, of which CloudFormation, CloudWatch and the like say what they
would say of a deployed one: `tests.cli.account`.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, UnixStreamServer

from botocore.exceptions import ClientError
from click.testing import CliRunner
from time_machine import Traveller

from cli.app import gatepost
from local.aws import CREDENTIALS
from tests.cli.account import Account
from tests.e2e import aws_command
from tests.support import ISSUER

# A machine that is busy takes its time; a runbook that hangs ends.
_SECONDS = 300
_MARK = "--- end of a block ---"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands whose exit code says that they have found something.
_FINDING = {"alarms", "doctor", "review"}
_SHIM = """#!{python} -ISs
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as caller:
    caller.connect({address!r})
    told = {{name: value for name, value in os.environ.items() if name.startswith("GATEPOST_")}}
    caller.sendall(json.dumps([{name!r}, sys.argv[1:], os.getcwd(), told]).encode() + b"\\n")
    out, err, code = json.loads(caller.makefile().read())
sys.stdout.write(out)
sys.stdout.flush()
sys.stderr.write(err)
sys.exit(code)
"""


@dataclass
class Terminal:
    """A terminal in `folder`. `codes` are the commands that it has run, with their exit codes."""

    account: Account
    url: str
    clock: Traveller
    folder: Path
    shell: "subprocess.Popen[str]"
    codes: list[tuple[list[str], int]] = field(default_factory=list)

    def paste(self, text: str, *, refused: bool = False) -> str:
        """Run a block, and return what it prints. Mails that wait are sent before and after. `refused`: it's to fail."""
        assert self.shell.stdin
        assert self.shell.stdout
        self.account.stack.deliver()
        before = len(self.codes)
        self.shell.stdin.write(f"{text.replace(ISSUER, self.url)}\nprintf '\\n%s %s\\n' '{_MARK}' $?\n")
        self.shell.stdin.flush()
        printed = ""
        for line in self.shell.stdout:
            if line.startswith(_MARK):
                break
            printed += line
        self.account.stack.deliver()
        run = self.codes[before:]
        assert all(code == 0 or (code == 1 and (refused or _FINDING & {*arguments})) for arguments, code in run), printed
        # Of the last command, whose exit code may be that of its own.
        assert line.split()[-1] in {"0", str(run[-1][1]) if run else "0"}, printed
        return printed.replace(self.url, ISSUER)


@contextmanager
def terminal(account: Account, url: str, clock: Traveller, folder: Path) -> Iterator[Terminal]:
    """Open a terminal in `folder` for who operates `account`, whose API answers at `url`. Each command takes a second."""
    commands = folder / "bin"
    commands.mkdir()
    address = str(folder / "socket")
    for name in ("gatepost", "aws"):
        shim = commands / name
        shim.write_text(_SHIM.format(python=sys.executable, address=address, name=name))
        shim.chmod(0o700)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GATEPOST_"))}
    environment |= {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)} | CREDENTIALS
    shell = subprocess.Popen(
        ["bash", "--norc", "-u", "-o", "pipefail"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    opened = Terminal(account, url, clock, folder, shell)
    watch = threading.Timer(_SECONDS, shell.kill)
    with _answering(address, opened):
        watch.start()
        try:
            yield opened
        finally:
            watch.cancel()
            shell.communicate()


@contextmanager
def _answering(address: str, opened: Terminal) -> Iterator[None]:
    """Answer the commands of a terminal, one at a time, in a thread of this process."""

    class Answering(StreamRequestHandler):
        def handle(self) -> None:
            name, arguments, folder, told = json.loads(self.rfile.readline())
            out, err, code = _gatepost(arguments, folder, told) if name == "gatepost" else _aws(arguments)
            opened.codes.append((arguments, code))
            opened.clock.shift(1)
            self.wfile.write(json.dumps([out, err, code]).encode())

    with UnixStreamServer(address, Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _gatepost(arguments: list[str], folder: str, told: dict[str, str]) -> tuple[str, str, int]:
    with chdir(folder):
        run = CliRunner().invoke(gatepost, arguments, env=told, prog_name="gatepost")
    return run.stdout, run.stderr, run.exit_code


def _aws(arguments: list[str]) -> tuple[str, str, int]:
    try:
        return aws_command.run(arguments), "", 0
    except (ClientError, aws_command.Misused) as exc:
        return "", f"{exc}\n", 255


def matches(expected: str, printed: str) -> bool:
    """Return whether a block printed what a document shows: `…` stands for anything in a line, and alone for any lines.

    How many blanks there are doesn't matter: what is random may be longer.
    """
    return re.fullmatch("".join(_patterns(_lines(expected))), "\n".join([*_lines(printed), ""])) is not None


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _patterns(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield r"(?:.*\n)*" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n"


def follow(opened: Terminal, document: Path, meanwhile: Mapping[str, Callable[[], None]]) -> list[str]:
    """Paste the `sh` blocks of a document, compare what they print with the `text` that follows each, and return the blocks of
    another kind. `meanwhile` is what happens before the block, or the heading, that has the text it goes by.

    Each block says what it prints, unless it prints nothing.
    """
    text, end, left = document.read_text("utf-8"), 0, dict(meanwhile)
    found = [*_BLOCK.finditer(text)]
    others = []
    for block, following in zip(found, [*found[1:], None], strict=True):
        for mark in [mark for mark in left if mark in text[end : block.end()]]:
            left.pop(mark)()
        end = block.end()
        kind, content = block[1], block[2]
        if kind == "sh":
            expected = following[2] if following and following[1] == "text" else ""
            printed = opened.paste(content, refused="Error: " in expected)
            where = f"{document.name}:{text.count(chr(10), 0, block.start()) + 1}"
            assert matches(expected, printed), f"{where} is to print\n{expected}\nand has printed\n{printed}"
        elif kind != "text":
            others.append(content)
    assert not left, f"{document.name} has no {sorted(left)}"
    return others
