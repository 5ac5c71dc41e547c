"""A headless Chromium, driven by the W3C's own protocol (https://www.w3.org/TR/webdriver2/), which is JSON over HTTP.

What is used of it fits on this page; a client library would bring ten packages and a downloader of browsers.
"""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # else it doesn't run as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--window-size=900,700",
)
_STARTED = "was started successfully on port "
PATIENCE = 20  # seconds for anything that is waited for
_WAIT = """
    const [condition, done] = [new Function(`return (${arguments[0]})`), arguments[1]];
    const look = () => condition() ? done() : setTimeout(look, 10);
    look();
"""


class Chromium:
    """A browser with an empty profile in `folder`. Raises `AssertionError` saying what to install if there is none."""

    def __init__(self, folder: Path) -> None:
        paths = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
        lacking = [name for name, path in paths.items() if path is None]
        assert not lacking, f"no {' and no '.join(lacking)} on PATH. On Debian: apt-get install chromium chromium-driver"
        self._log = folder / "chromedriver.log"
        command = [str(paths["chromedriver"]), "--port=0", f"--log-path={self._log}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._session = f"http://127.0.0.1:{self._port()}/session"
        options = {"binary": paths["chromium"], "args": [*_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]}
        timeouts = {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000}
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "timeouts": timeouts}}
        self._session += "/" + self._send("POST", "", {"capabilities": wanted})["sessionId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        with self._process:
            self._send("DELETE", "")
            self._process.terminate()

    @contextmanager
    def tab(self) -> Iterator[None]:
        """Work in a new tab inside the block, which is closed at its end."""
        before = self._send("GET", "/window")
        self._send("POST", "/window", {"handle": self._send("POST", "/window/new", {"type": "tab"})["handle"]})
        try:
            yield
        finally:
            self._send("DELETE", "/window")
            self._send("POST", "/window", {"handle": before})

    def open(self, url: str) -> None:
        """Go to `url`, and wait until it's loaded."""
        self._send("POST", "/url", {"url": url})

    def reload(self) -> None:
        """Load the page again."""
        self._send("POST", "/refresh", {})

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what the body of a function, in the page, returns; a promise is awaited."""
        return self._send("POST", "/execute/sync", {"script": script, "args": arguments})

    def wait(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        self._send("POST", "/execute/async", {"script": _WAIT, "args": [condition]})

    def type(self, selector: str, text: str) -> None:
        """Type into an element, as a user does."""
        self._send("POST", f"/element/{self._element(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click on an element, which must be visible."""
        self._send("POST", f"/element/{self._element(selector)}/click", {})

    def cookies(self) -> list[dict[str, Any]]:
        """Return all cookies of all hosts, also those that scripts can't see, as Chromium describes them.

        https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-Cookie
        """
        found: list[dict[str, Any]] = self._devtools("Storage.getCookies")["cookies"]
        return found

    def clear(self) -> None:
        """Forget all cookies."""
        self._devtools("Storage.clearCookies")

    def screenshot(self, file: Path) -> None:
        """Write what is to be seen as a PNG."""
        file.write_bytes(base64.b64decode(self._send("GET", "/screenshot")))

    def _element(self, selector: str) -> str:
        found = self._send("POST", "/element", {"using": "css selector", "value": selector})
        (element,) = found.values()
        return str(element)

    def _devtools(self, command: str) -> Any:
        return self._send("POST", "/goog/cdp/execute", {"cmd": command, "params": {}})

    def _port(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if _STARTED in line:
                return int(line.partition(_STARTED)[2].rstrip(".\n"))
        raise AssertionError(f"chromedriver didn't start: {self._log.read_text()}")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._session + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as response:
                return json.loads(response.read())["value"]
        except urllib.error.HTTPError as exc:
            said = json.loads(exc.read())["value"]
            raise AssertionError(f"{method} {path}: {said['error']}: {said['message']}") from exc
