"""Runs Amazon's DynamoDB Local, the engine itself and no imitation, in memory and on the loopback address alone.

    python tools/dynamodb_local.py                    until Ctrl-C, on port DYNAMODB_PORT (8000)
    python tools/dynamodb_local.py COMMAND [ARG...]   on a free port for as long as COMMAND runs

COMMAND finds it by AWS_ENDPOINT_URL_DYNAMODB. If that is set already, COMMAND uses what it names, and nothing is started.
"""

import base64
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

URL_VARIABLE = "AWS_ENDPOINT_URL_DYNAMODB"
# The engine comes inside an npm package, whose archive must be exactly this one.
PACKAGE, VERSION = "amplify-dynamodb-simulator", "2.9.30"
INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
OLDEST_JAVA = 17
# The engine's own main class listens on all addresses and reports its use to its maker; this starts it without either.
CONFIGURATION = Path(__file__).with_suffix(".xml")
_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gatepost", f"dynamodb-local-{VERSION}")
_START_SECONDS = 60


class CannotRunError(Exception):
    """The engine can't run here; the text says what is missing and what to do."""


def main(command: list[str]) -> int:
    """Run the command line and return the exit code: that of `command`; 1 if there's no engine for it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        if not command:
            return _serve(_port())
        if url := os.environ.get(URL_VARIABLE):
            if not _answers(url):
                raise CannotRunError(
                    f"{URL_VARIABLE} is {url}, where nothing answers. "
                    f"Start an engine there (make dynamodb-local), or unset the variable to have one started."
                )
            return _run(command, url)
        with engine(free_port()) as (url, _):
            return _run(command, url)
    except CannotRunError as exc:
        print(f"DynamoDB Local can't be used: {exc}", file=sys.stderr)
        return 1


def _port() -> int:
    text = os.environ.get("DYNAMODB_PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise CannotRunError(f"DYNAMODB_PORT is {text!r}, which is no port. Set it to a number from 1 to 65535.")
    return int(text)


def _serve(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            example = f"DYNAMODB_PORT={port + 10} make dynamodb-local"
            raise CannotRunError(f"port {port} is taken ({exc.strerror}). Choose another, for example: {example}") from exc
    try:
        with engine(port) as (url, process):
            print(f"DynamoDB Local answers at {url}. Ctrl-C stops it; what it holds is gone then.", flush=True)
            print(f"\n  {URL_VARIABLE}={url} make run\n", flush=True)
            return process.wait()
    except KeyboardInterrupt:
        return 0


def _run(command: list[str], url: str) -> int:
    """Run `command` with the engine at `url`. Ctrl-C is the command's to answer: it may have to clean up."""
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run(command, env=os.environ | {URL_VARIABLE: url}, check=False).returncode


@contextmanager
def engine(port: int) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run the engine on `port` of the loopback address inside the block. Yields its URL and its process.

    Raises:
        CannotRunError: if it can't be had or doesn't start.
    """
    java, folder, url = _java(), _engine_folder(), f"http://127.0.0.1:{port}"
    options = [
        "-Djava.library.path=DynamoDBLocal_lib",
        "-Dorg.eclipse.jetty.xml.XmlParser.Validating=false",
        f"-Dgatepost.dynamodb.port={port}",
        *("-classpath", f"DynamoDBLocal.jar{os.pathsep}{Path('DynamoDBLocal_lib', '*')}"),
    ]
    command = [java, *options, "org.eclipse.jetty.xml.XmlConfiguration", str(CONFIGURATION)]
    with tempfile.TemporaryFile() as log:
        # A session of its own: Ctrl-C must not take the engine away while its users clean up.
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise CannotRunError("it did not start. It said:\n" + log.read().decode(errors="replace")[-2000:])
                time.sleep(0.05)
            yield url, process
        finally:
            process.terminate()
            process.wait()


def _java() -> str:
    """Return the path of a Java that is new enough, once all that is needed is there."""
    needed = {"java": "default-jre-headless"} | ({} if _FOLDER.exists() else {"npm": "npm"})
    missing = {program: package for program, package in needed.items() if shutil.which(program) is None}
    if missing:
        programs, packages = " and no ".join(missing), " ".join(missing.values())
        raise CannotRunError(f"there is no {programs} on PATH. On Debian: apt-get install {packages}")
    java = str(shutil.which("java"))
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', answer)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise CannotRunError(
            f"it needs Java {OLDEST_JAVA} or newer. On Debian: apt-get install default-jre-headless\n"
            f"The java on PATH says: {answer.strip() or 'nothing'}"
        )
    return java


def _engine_folder() -> Path:
    """Return the folder that holds the engine, downloaded at the first call."""
    if not _FOLDER.exists():
        _FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_FOLDER.parent) as made:
            shutil.unpack_archive(_download(Path(made)), made)
            try:
                Path(made, "package", "emulator").rename(_FOLDER)
            except OSError:
                if not _FOLDER.exists():  # else another process was first
                    raise
    return _FOLDER


def _download(into: Path) -> Path:
    """Return the package's archive, downloaded into the folder `into` and checked."""
    npm = str(shutil.which("npm"))
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--fetch-retries=1", "--pack-destination", str(into)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = into / f"{PACKAGE}-{VERSION}.tgz"
    if answer.returncode or not archive.exists():
        raise CannotRunError(
            f"npm could not download {PACKAGE} {VERSION}. Is its registry within reach? npm says:\n{answer.stderr.strip()}"
        )
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise CannotRunError(f"what npm downloaded is not {PACKAGE} {VERSION}: it is {found}, and should be {INTEGRITY}.")
    return archive


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), 5).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
