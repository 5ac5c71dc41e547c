"""Which lines of a file name a user that an earlier line has named."""

import sqlite3

from cli.importing.records import Record


class FirstLines:
    """On which line each address and each id stands first. Kept on the disk, however many there are."""

    def __init__(self) -> None:
        # SQLite's own temporary file, which nobody else sees, and which is gone with the connection.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE first (key BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def refusal(self, record: Record) -> str | None:
        """Return why `record` is refused, if an earlier line has its address or its id; else note that this one has."""
        keys = {"address": record.email.digest} | ({} if record.id is None else {"id": record.id.encode()})
        for what, key in keys.items():
            line = self._noted(key, record.line)
            if line is not None:
                return f"line {line} has the same {what}"
        return None

    def _noted(self, key: bytes, line: int) -> int | None:
        """Note where `key` stands; return where it stands already."""
        if self._database.execute("INSERT OR IGNORE INTO first VALUES (?, ?)", (key, line)).rowcount:
            return None
        (first,) = self._database.execute("SELECT line FROM first WHERE key = ?", (key,)).fetchone()
        return int(first)

    def close(self) -> None:
        """Forget them all."""
        self._database.close()
