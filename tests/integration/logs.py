"""What the functions log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.records: list[logging.LogRecord] = []
        self._plain = logging.Formatter("%(name)s %(levelname)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        own = logging.getLogger(record.name).handlers
        formatter = own[0].formatter if own else None
        self.lines.append((formatter or self._plain).format(record))
        self.records.append(record)


@contextmanager
def captured_logs() -> Iterator[list[str]]:
    """Yield the lines that all loggers write inside the block, at the level that Lambda gives the root logger: INFO."""
    with _listening() as handler:
        yield handler.lines


@contextmanager
def captured_records() -> Iterator[list[logging.LogRecord]]:
    """Yield what stands behind these lines: Lambda writes all members of a record, whichever logger it came through."""
    with _listening() as handler:
        yield handler.records


@contextmanager
def _listening() -> Iterator[_Lines]:
    root, handler = logging.getLogger(), _Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
