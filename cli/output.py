"""What a command prints: its result on stdout, and on stderr what only people read."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

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


@contextmanager
def reading(stream: BinaryIO, size: int) -> Iterator[Callable[[], None]]:
    """Show how much of `stream` is read, where somebody looks; yield what is to be called for each entry."""
    with click.progressbar(
        length=size, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=1 + size // 200
    ) as bar:
        shown, entries = 0, 0

        def on_entry() -> None:
            nonlocal shown, entries
            entries += 1
            if entries % 100 == 0:
                read = stream.tell()
                bar.update(read - shown)
                shown = read

        yield on_entry
        bar.update(size - shown)
