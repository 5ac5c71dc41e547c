"""docs/verifier.md: every snippet runs as it stands there."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatepost_verifier import settings
from gatepost_verifier.revocations import MAX_AGES, STALE, TIMEOUT
from tests.support import AUDIENCE, ISSUER, ROOT
from tests.unit.verifier import asgi, forge
from tests.unit.verifier.test_verifier_aws_lambda import payload_1, payload_2

GUIDE = (ROOT / "docs" / "verifier.md").read_text("utf-8")
SNIPPETS = {
    title: re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for title, section in (part.split("\n", 1) for part in GUIDE.split("\n## ")[1:])
}


def bearer(*permissions: str, **claims: Any) -> str:
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + 900, "auth_time": now}
    return f"Bearer {forge.token(forge.claims(permissions=list(permissions), **times | claims))}"


def good() -> str:
    """Made when it's needed: a whole run takes longer than a token lives."""
    return bearer("orders:read")


def run(title: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the snippet of a section defines."""
    monkeypatch.setenv("GATEPOST_ISSUER", ISSUER)
    monkeypatch.setenv("GATEPOST_AUDIENCE", AUDIENCE)
    monkeypatch.setenv("GATEPOST_JWKS", json.dumps({"keys": [forge.jwk("RS256")]}))  # nothing is fetched
    (snippet,) = SNIPPETS[title]
    defined: dict[str, Any] = {"__name__": "snippet"}
    exec(snippet, defined)
    return defined


def test_fastapi(monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("FastAPI", monkeypatch)["app"]
    assert asgi.call(app, good()) == (200, None, {"orders_of": "usr_1"})
    assert asgi.call(app)[:2] == (401, "Bearer")
    assert asgi.call(app, bearer("orders:read", amr=["pwd"]))[:2] == (403, 'Bearer error="insufficient_scope"')


@pytest.mark.parametrize(
    ("title", "event"),
    [("A Lambda function", payload_1), ("A Lambda function", payload_2), ("Powertools' event handler", payload_2)],
)
def test_lambda(monkeypatch: pytest.MonkeyPatch, title: str, event: Callable[[dict[str, Any]], Any]) -> None:
    handler = run(title, monkeypatch)["handler"]
    asked = [event({"authorization": good()}), event({}), event({"authorization": bearer()})]
    answers = [handler(each, LambdaContext()) for each in asked]
    assert [answer["statusCode"] for answer in answers] == [200, 401, 403]
    assert "usr_1" in answers[0]["body"]


def test_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    who = run("Anything else", monkeypatch)["who"]
    assert who(good()) == "usr_1"
    assert who(None) == "nobody: bearer_missing"
    assert who(bearer(exp=int(time.time()) - 31, iat=int(time.time()) - 931)) == "nobody: token_expired"


def test_every_snippet_is_run() -> None:
    assert [title for title, snippets in SNIPPETS.items() for _ in snippets] == [
        "FastAPI",
        "A Lambda function",
        "Powertools' event handler",
        "Anything else",
    ]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"({MAX_AGES[0]} to {MAX_AGES[-1]}, by default {settings.REVOCATION_MAX_AGE})" in GUIDE
    assert f"default that is {5 + settings.REVOCATION_MAX_AGE + int(TIMEOUT)} s" in GUIDE
    assert f"until it is {STALE} s old" in GUIDE


def test_a_copy_of_the_folder_is_enough(tmp_path: Path) -> None:
    """With types."""
    copy = tmp_path / "gatepost_verifier"
    shutil.copytree(ROOT / "layers/verifier/python/gatepost_verifier", copy)
    assert (copy / "py.typed").is_file()
    program = (
        "from gatepost_verifier import Verifier\n"
        "Verifier.from_environment({'GATEPOST_ISSUER': 'https://auth.example.com', 'GATEPOST_AUDIENCE': 'x'})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
