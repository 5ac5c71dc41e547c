"""All users of a deployment in a file that can be taken anywhere: with their hashes, and whatever else is theirs."""

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from pathlib import Path

from cli.importing.formats.gatepost import line_of
from gatepost.service import Service
from gatepost.storage import whole_users
from gatepost.storage.whole_users import WholeUser

SEGMENTS = 4  # of the table, read side by side
_CHUNK = 200  # users


def export_users(service: Service, path: Path, on_users: Callable[[int], object] = lambda _: None) -> int:
    """Write all users into the file at `path`, which nobody else may read, and which is there as a whole or not at all; tell
    `on_users` how many more there are. Each is as they were when they were read, who comes meanwhile may be missing.

    Return how many there are. Raises `OSError`, `Unavailable`.
    """
    number = 0
    # Such a file has the mode 0600.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            for lines in _chunks(service):
                file.writelines(lines)
                number += len(lines)
                on_users(len(lines))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(file.name).unlink()
            raise
    return number


def _chunks(service: Service) -> Iterator[list[str]]:
    """Yield the lines of all users, some at a time, as they come from the segments of the table."""
    table = service.settings.users_table
    with ThreadPoolExecutor(SEGMENTS) as threads:
        reading: dict[Future[list[str]], Iterator[WholeUser]] = {}
        for segment in range(SEGMENTS):
            users = whole_users.read(service.db, table, segment=segment, segments=SEGMENTS)
            reading[threads.submit(_lines, users)] = users
        while reading:
            through, _ = wait(reading, return_when=FIRST_COMPLETED)
            for each in through:
                users = reading.pop(each)
                if lines := each.result():
                    yield lines
                    reading[threads.submit(_lines, users)] = users


def _lines(users: Iterator[WholeUser]) -> list[str]:
    return [line_of(user) for user in islice(users, _CHUNK)]
