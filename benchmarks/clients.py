"""Clients of a service in a process of their own: all at once, each signs in, reads its profile and refreshes, round by round.

Reads a line, an object in JSON: `port`, `password`, `emails` (one a client), `rounds`. Answers with one: `seconds` by kind of
request, a number for each; `signed_in`, the seconds until all had; and `failures`.
"""

import http.client
import json
import sys
import threading
import time
from collections import defaultdict
from typing import Any

_HOST = "127.0.0.1"
_TIMEOUT = 120


class Clients:
    """All of them, and what they saw."""

    def __init__(self, port: int, password: str, emails: list[str], rounds: int) -> None:
        self._port, self._password, self._rounds = port, password, rounds
        self._emails = emails
        self._together = threading.Barrier(len(emails) + 1)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []

    def run(self) -> float:
        """Let all do what they do. Returns the seconds until all had signed in."""
        threads = [threading.Thread(target=self._client, args=(email,)) for email in self._emails]
        for thread in threads:
            thread.start()
        self._together.wait()
        began = time.monotonic()
        self._together.wait()
        signed_in = time.monotonic() - began
        for thread in threads:
            thread.join()
        return signed_in

    def _client(self, email: str) -> None:
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=_TIMEOUT)
        connection.connect()
        self._together.wait()
        tokens = self._send(connection, "sign-in", "POST", "/v1/auth/login", {"email": email, "password": self._password})
        # Who waited long for the others finds a connection that the server has closed.
        connection.close()
        self._together.wait()
        for _ in range(self._rounds if tokens else 0):
            self._send(connection, "profile", "GET", "/v1/me", token=tokens["access_token"])
            tokens |= self._send(connection, "refresh", "POST", "/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        connection.close()

    def _send(
        self, connection: http.client.HTTPConnection, kind: str, method: str, path: str, body: Any = None, token: str = ""
    ) -> dict[str, Any]:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        began = time.monotonic()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as exc:
            self.failures.append(f"{kind}: {exc!r}")
            return {}
        self.seconds[kind].append(time.monotonic() - began)
        if response.status != 200:
            self.failures.append(f"{kind}: {response.status} {content.decode()}")
            return {}
        answer: dict[str, Any] = json.loads(content)
        return answer


if __name__ == "__main__":
    print("ready", flush=True)
    for line in sys.stdin:
        clients = Clients(**json.loads(line))
        signed_in = clients.run()
        print(json.dumps({"signed_in": signed_in, "seconds": clients.seconds, "failures": clients.failures}), flush=True)
