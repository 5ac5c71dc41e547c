"""Opaque secrets: how they might be spelt where they must not be found, and how they are mangled."""

import base64
from collections.abc import Iterator
from typing import Any

import boto3

from local.stack import Stack


def spellings(secret: bytes) -> set[bytes]:
    """Return `secret` as it is, in hexadecimal and in base64, by whichever alphabet and at whichever offset."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b32encode(secret).rstrip(b"=")}
    for offset in range(3):
        # The whole groups of three bytes are the same wherever the secret stands in what was encoded.
        whole = secret[offset : offset + (len(secret) - offset) // 3 * 3]
        found |= {base64.b64encode(whole), base64.urlsafe_b64encode(whole)}
    return found


def token_secrets(token: str) -> set[bytes]:
    """Return all spellings of an opaque token and of its last 32 bytes, the secret that it proves itself with."""
    raw = base64.urlsafe_b64decode(token)
    return {token.encode(), *spellings(raw), *spellings(raw[-32:])}


def items_in_clear(stack: Stack, *tables: str) -> Iterator[tuple[str, bytes]]:
    """Yield, for each item of `tables` (by logical id; of all by default), the table and all that stands in it as bytes."""
    dynamodb = boto3.client("dynamodb")
    for logical_id in tables or stack.template.tables:
        for page in dynamodb.get_paginator("scan").paginate(TableName=stack.template.tables[logical_id].name):
            for item in page["Items"]:
                yield logical_id, b"\n".join(_leaves(item))


def tables_that_hold(stack: Stack, secrets: set[bytes], *tables: str) -> set[str]:
    """Return the tables an item of which holds one of `secrets`."""
    return {table for table, content in items_in_clear(stack, *tables) if any(secret in content for secret in secrets)}


def _leaves(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name.encode()
            yield from _leaves(member)
    elif isinstance(value, list | set):
        for member in value:
            yield from _leaves(member)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()


def mangled(token: str) -> Iterator[str]:
    """Yield `token` cut by 1 to all characters at either end, extended, padded, with its case flipped, and otherwise spoilt.

    None of them is `token`.
    """
    for length in range(len(token)):
        yield token[:length]
        yield token[len(token) - length :]
    for place, letter in enumerate(token):
        if letter.isalpha():
            yield token[:place] + letter.swapcase() + token[place + 1 :]
    yield from (token.swapcase(), token.upper(), token.lower(), token[::-1])
    for more in ("A", "AAAA", "=", "==", "\n", "\r\n", " ", "\0", ".", "%3D", "\u200b", token):
        yield token + more
        yield more + token
    yield from (
        token[:8] + "\n" + token[8:],
        token[:8] + " " + token[8:],
        token[:-1] + "+",
        token[:-1] + "/",
        "\uff21" + token[1:],
    )
