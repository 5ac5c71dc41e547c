"""All users of a deployment as lines that can be taken anywhere: with their hashes, and whatever else is theirs."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from cli.importing.formats.gatepost import line_of
from gatepost.service import Service
from gatepost.storage import whole_users
from gatepost.storage.whole_users import WholeUser

SEGMENTS = 4  # of the table, read side by side
_CHUNK = 200  # users


def lines(service: Service) -> Iterator[list[str]]:
    """Yield the lines of all users, some at a time, in no order. Each is as they were when they were read; who comes meanwhile
    may be missing. Raises `Unavailable`.
    """
    table = service.settings.users_table
    with ThreadPoolExecutor(SEGMENTS) as threads:
        reading: dict[Future[list[str]], Iterator[WholeUser]] = {}
        for segment in range(SEGMENTS):
            users = whole_users.read(service.db, table, segment=segment, segments=SEGMENTS)
            reading[threads.submit(_next_lines, users)] = users
        while reading:
            through, _ = wait(reading, return_when=FIRST_COMPLETED)
            for each in through:
                users = reading.pop(each)
                if some := each.result():
                    yield some
                    reading[threads.submit(_next_lines, users)] = users


def _next_lines(users: Iterator[WholeUser]) -> list[str]:
    return [line_of(user) for user in islice(users, _CHUNK)]
