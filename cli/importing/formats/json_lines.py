"""JSON Lines: an object a line, with the members of `members.NAMES`."""

from typing import BinaryIO

from cli.importing.formats import members, pieces
from cli.importing.formats.options import Options
from cli.importing.records import Entries


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file. `options` holds nothing for it."""
    return pieces.records(pieces.json_lines(stream), members.record)
