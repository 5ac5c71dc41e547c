"""One GET of what the deployment, or a service it asks, publishes; what comes back is a fact, whatever it is."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 5
_MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came of a GET of `url`. `status` is 0 where nothing came, and `failure` says why; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""

    def __str__(self) -> str:
        return f"{self.url} answers {self.status}" if self.status else f"{self.url} doesn't answer ({self.failure})"


def get(url: str) -> Answer:
    """Get `url`, http or https. Follows no redirect and uses no proxy."""
    parts = urlsplit(url)
    try:
        connected = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connected(parts.hostname or "", parts.port, timeout=_SECONDS)
        try:
            connection.request("GET", parts.path or "/", headers={"user-agent": "gatepost doctor", "connection": "close"})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(url, response.status, headers, response.read(_MAX_BODY))
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as exc:
        return Answer(url, 0, failure=str(exc) or type(exc).__name__)


def json_of(answer: Answer) -> dict[str, Any] | None:
    """Return the JSON object that `answer` is; None for another status than 200, or anything else."""
    if answer.status == 200:
        with suppress(ValueError):
            document = json.loads(answer.body)
            return document if isinstance(document, dict) else None
    return None
