"""What do 200 clients at once get from the local stack on DynamoDB Local? Is any refused, and is it hashing they wait for?"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Figure
from benchmarks.programs import program
from benchmarks.service import PASSWORD, Service, on_dynamodb_local
from gatepost.aws.clients import client
from gatepost.credentials.passwords import hash_password, verify_password
from gatepost.storage.table import Database
from local.server import Server
from tests.dynamodb.support import write_user
from tests.support import Api, new_email
from tools.dynamodb_local import free_port

_CLIENTS, _ROUNDS = 200, 4
_ROOT = Path(__file__).parents[2]


def measure() -> list[Figure]:
    """Let them loose, in a process of their own.

    Raises:
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    stored = hash_password(PASSWORD)
    hashing = [_hashing(stored)]
    # All clients have one address.
    with on_dynamodb_local(limits_scale="1000") as service:
        emails = _users(service, stored)
        port = free_port()
        server = Server(service.stack.gateway, port)
        server.start()
        try:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            with program([sys.executable, "-m", "benchmarks.clients"], environment, _ROOT) as clients:
                asked = {"port": port, "password": PASSWORD, "emails": emails, "rounds": _ROUNDS}
                answer = json.loads(clients.ask(json.dumps(asked)))
        finally:
            server.stop()
    hashing.append(_hashing(stored))
    every = [second for seconds in answer["seconds"].values() for second in seconds]
    failures = answer["failures"]
    for failure in failures[:3]:
        print(failure, file=sys.stderr)
    figures = [
        Figure(
            f"{_CLIENTS} clients at once: {len(every):,} requests, refused or failed",
            [len(failures)],
            at_most=0,
            unit="requests",
        ),
        Figure(f"{_CLIENTS} sign-ins at once, until the last", [answer["signed_in"]], f"{_CLIENTS} hashes in threads", hashing),
    ]
    for kind, seconds in answer["seconds"].items():
        centiles = quantiles(seconds, n=100)
        note = f"p95 {centiles[94]:.2f} s, p99 {centiles[98]:.2f} s, on {os.cpu_count()} processors that the engine has part in"
        figures.append(Figure(f"{_CLIENTS} clients at once: a {kind}, p50", [centiles[49]], note=note))
    return figures


def _users(service: Service, stored: str) -> list[str]:
    db, api = Database(client("dynamodb")), Api(service.stack)
    emails = [new_email() for _ in range(_CLIENTS)]
    for email in emails:
        write_user(db, api, email, PASSWORD, stored)
    return emails


def _hashing(stored: str) -> float:
    """The seconds that as many passwords take, verified at once in as many threads as the local stack has."""
    with ThreadPoolExecutor(64) as threads:
        began = time.monotonic()
        list(threads.map(lambda _: verify_password(PASSWORD, stored), range(_CLIENTS)))
        return time.monotonic() - began
