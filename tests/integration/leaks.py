"""A net for secrets: what passes out of the functions, to AWS, into logs and back to clients, and what is found in it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from local.events import Request, Response
from local.gateway import Gateway
from tests.integration.inside import parts
from tests.integration.logs import captured_logs
from tests.integration.sent_mails import parsed
from tests.opaque import spellings, token_secrets


@dataclass
class Net:
    """All that passed: calls to AWS as (service, operation, all that they said), mails, lines of logs, and answers."""

    calls: list[tuple[str, str, bytes]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    answers: list[tuple[Request, Response]] = field(default_factory=list)


@dataclass(frozen=True)
class Secrets:
    """Secrets by name, each in all its spellings."""

    known: dict[str, set[bytes]] = field(default_factory=dict)

    def text(self, name: str, secret: str) -> str:
        """Remember a secret that is text, and return it."""
        self.known[name] = spellings(secret.encode())
        return secret

    def token(self, name: str, token: str) -> str:
        """Remember an opaque token, and return it."""
        self.known[name] = token_secrets(token)
        return token

    def api_key(self, name: str, text: str) -> str:
        """Remember an API key, and return it. Its id is none: what it proves itself with stands behind."""
        secret = text.rpartition("_")[2]
        self.known[name] = spellings(text.encode()) | spellings(secret.encode()) | spellings(secret[:-6].encode())
        return text

    def access_token(self, name: str, token: str) -> str:
        """Remember an access token, and return it. A part of it is public: header and claims. Who has the signature has all."""
        self.known[f"access token of {name}"] = spellings(token.encode()) | spellings(token.rpartition(".")[2].encode())
        return token

    def tokens_of(self, name: str, signed_in: Mapping[str, Any]) -> None:
        """Remember the tokens of a sign-in."""
        refresh = str(signed_in["refresh_token"])
        self.known[f"refresh token of {name}"] = token_secrets(refresh) | spellings(parts(refresh).family)
        self.access_token(name, str(signed_in["access_token"]))

    def within(self, content: bytes) -> set[str]:
        """Return the names of the secrets that stand in `content`, in whatever spelling."""
        return {name for name, spelt in self.known.items() if any(spelling in content for spelling in spelt)}


@contextmanager
def cast(level: int) -> Iterator[Net]:
    """Catch all that passes inside the block; logs from `level` on."""
    net = Net()
    call_aws = BaseClient._make_api_call  # type: ignore[attr-defined]
    handle = Gateway.handle

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if operation == "SendEmail":
            net.mails.append(parsed(parameters))
        else:
            net.calls.append((service, operation, b"\n".join(_leaves(parameters))))
        return call_aws(client, operation, parameters)

    def handled(gateway: Gateway, request: Request) -> Response:
        answer = handle(gateway, request)
        net.answers.append((request, answer))
        return answer

    with (
        patch.object(BaseClient, "_make_api_call", make_api_call),
        patch.object(Gateway, "handle", handled),
        captured_logs() as lines,
    ):
        logging.getLogger().setLevel(level)
        yield net
    net.lines = lines


def _leaves(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name).encode()
            yield from _leaves(member)
    elif isinstance(value, list | tuple | set | frozenset):
        for member in value:
            yield from _leaves(member)
    else:
        yield bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()
