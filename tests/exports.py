"""The sample exports of other systems, and the passwords that their hashes were made of."""

from io import BytesIO
from pathlib import Path

from cli.importing.formats import FORMATS, Options
from cli.importing.records import Entry, Record, Refusal
from tests.support import ROOT

SAMPLES = ROOT / "tests/samples"
FIREBASE_CONFIG = SAMPLES / "firebase/hash-config.txt"
AUTH0_HASHES = SAMPLES / "auth0/hashes.json"

# By folder, the sample and its passwords by canonical address.
PASSWORDS = {
    "plain": {
        "audrey@example.com": "the owls are not what they seem",
        "dale@example.com": "damn fine cup of coffee",
        "laura@example.com": "fire walk with me again",
    },
    "auth0": {
        "ada@example.com": "notes on the analytical engine",
        "grace.hopper@example.com": "it is easier to ask forgiveness",
        "eve@example.com": "not eve's own address",
        "mallory@example.com": "mallory likes to listen",
    },
    "firebase": {
        "user1@example.net": "user1password",
        "barbara@example.net": "abstract data types",
        "trent@example.net": "trusted by everybody",
        "eve@example.net": "not eve's own address",
    },
    "keycloak": {
        "ada@example.org": "notes on the analytical engine",
        "emmy@example.org": "every symmetry conserves",
        "rosalind@example.org": "photograph fifty one",
        "mallory@example.org": "mallory likes to listen",
        "eve@example.org": "not eve's own address",
    },
}


def sample(path: str) -> bytes:
    """Return the content of a sample."""
    return (SAMPLES / path).read_bytes()


def read(name: str, content: bytes, **options: Path | str) -> list[Entry]:
    """Return all entries of a file of the format `name`."""
    return list(FORMATS[name].read(BytesIO(content), Options(**options)))  # type: ignore[arg-type]


def read_sample(name: str, path: str) -> list[Entry]:
    """Return all entries of a sample, read with all that belongs to it."""
    return read(name, sample(path), hashes=AUTH0_HASHES, firebase_hash_config=FIREBASE_CONFIG)


def users(entries: list[Entry]) -> dict[str, Record]:
    """Return the users among `entries` by address."""
    return {entry.email.canonical: entry for entry in entries if isinstance(entry, Record)}


def refusals(entries: list[Entry]) -> dict[int, str]:
    """Return the reasons of the refusals among `entries` by line."""
    return {entry.line: entry.reason for entry in entries if isinstance(entry, Refusal)}
