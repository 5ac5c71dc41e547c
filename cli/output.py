"""What a command prints: its result on stdout, and on stderr what only people read."""

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any, BinaryIO, TextIO

import click

from cli.failures import Refused


def say(text: str, **style: Any) -> None:
    """Tell the operator something that is no result, such as progress."""
    click.secho(text, err=True, **style)


def for_people() -> TextIO:
    """Return where progress is drawn."""
    return sys.stderr


def as_json(value: Any) -> str:
    """Return a result for programs. In ASCII: nothing that it holds does anything to a terminal."""
    return json.dumps(value, indent=2)


def print_json(value: Any) -> None:
    """Print a result for programs."""
    click.echo(as_json(value))


def print_json_line(value: Any) -> None:
    """Print one of many results for programs, as JSON Lines have them."""
    click.echo(json.dumps(value))


def printable(text: str) -> str:
    """Return `text` with all that a terminal might obey escaped: what a user has chosen is shown, never carried out."""
    return "".join(
        character if unicodedata.category(character)[0] not in "CZ" or character == " " else ascii(character)[1:-1]
        for character in text
    )


def print_members(members: Mapping[str, Any]) -> None:
    """Print a thing for people: a line for each of its members, and each value of a list on its own."""
    width = max(map(len, members))
    for name, value in members.items():
        values = value if isinstance(value, list) else [value]
        for number, each in enumerate(values or [""]):
            click.echo(f"{'' if number else name:{width}}  {printable(str(each if each is not None else ''))}".rstrip())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print things for people, a line each below their `columns`; nothing where there are none."""
    lines = [columns, *([printable(cell) for cell in row] for row in rows)] if rows else []
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


@contextmanager
def private_file(path: str) -> Iterator[IO[str]]:
    """Yield a file to write at `path`: its owner's alone to read, and there only once the block has ended well. `-`: stdout."""
    if path == "-":
        yield sys.stdout
        return
    target = Path(path)
    try:
        # By a name that is drawn: what others have put at one that they know would be theirs to read.
        handle, part = mkstemp(".part", f"{target.name}.", target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(target)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as exc:
        raise Refused(f"{path} can't be written: {exc.strerror}.") from exc


def say_progress(text: str) -> None:
    """Show how far something long is, in place of what it said before, where somebody looks."""
    if sys.stderr.isatty():
        click.echo(f"\r{text}\033[K", nl=False, err=True)


def progress_of(what: str) -> Callable[[str], None]:
    """Return what shows how far `what` is: its status."""
    return lambda status: say_progress(f"{what}: {status}")


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
