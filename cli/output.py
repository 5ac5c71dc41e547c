"""What a command prints: its result on stdout, and on stderr what only people read."""

import json
import unicodedata
from typing import Any

import click


def say(text: str, **style: Any) -> None:
    """Tell the operator something that is no result, such as progress."""
    click.secho(text, err=True, **style)


def print_json(value: Any) -> None:
    """Print a result for programs. In ASCII: nothing that it holds does anything to a terminal."""
    click.echo(json.dumps(value, indent=2))


def print_json_line(value: Any) -> None:
    """Print one of many results for programs, as JSON Lines have them."""
    click.echo(json.dumps(value))


def printable(text: str) -> str:
    """Return `text` with all that a terminal might obey escaped: what a user has chosen is shown, never carried out."""
    return "".join(
        character if unicodedata.category(character)[0] not in "CZ" or character == " " else ascii(character)[1:-1]
        for character in text
    )
