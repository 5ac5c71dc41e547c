"""Auth0: an export of users (JSON Lines), and the file of password hashes that its support makes, joined by the users' ids.

https://auth0.com/docs/manage-users/user-migration/bulk-user-exports
https://support.auth0.com/center/s/article/How-to-Use-the-Password-Hashes-Export-from-Auth0
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cli.importing.formats import fields, pieces
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options, UnusableOption
from cli.importing.formats.pieces import Piece
from cli.importing.records import Entries, Record, Refusal

# Returns the hash of the user of an id.
_HashOf = Callable[[str | None], str | None]


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file.

    Raises:
        UnusableOption: the file of hashes can't be read, or has a line that isn't one of such a file.
    """
    if options.hashes is None:
        yield from _users(stream, lambda _: None, options.roles_claim)
        return
    with _hashes(options.hashes) as hash_of:
        yield from _users(stream, hash_of, options.roles_claim)


def _users(stream: BinaryIO, hash_of: _HashOf, roles_claim: str | None) -> Entries:
    return pieces.records(pieces.json_lines(stream), partial(_record, hash_of, roles_claim))


def _record(hash_of: _HashOf, roles_claim: str | None, line: int, user: dict[str, Any]) -> Record:
    email, name = fields.email(user.get("email")), fields.name(user.get("name"))
    source_id = fields.source_id(user.get("user_id"))
    return Record(
        line=line,
        email=email,
        email_verified=fields.flag(user.get("email_verified"), "`email_verified`", default=False),
        # Where nobody gave a name, Auth0 writes the address.
        name=None if name and name.lower() == email.address.lower() else name,
        password_hash=fields.password_hash(hash_of(source_id)),
        status="disabled" if fields.flag(user.get("blocked"), "`blocked`", default=False) else "active",
        roles=fields.roles(fields.object_member(user, "app_metadata").get(roles_claim)) if roles_claim else (),
        created_at=fields.created_at(user.get("created_at")),
        source_id=source_id,
    )


@contextmanager
def _hashes(path: Path) -> Iterator[_HashOf]:
    """Give access to a file of hashes by the users' ids, in a database of its own that nobody else sees, and that is gone
    afterwards: the file may be larger than memory.
    """
    with closing(sqlite3.connect("")) as database:
        database.execute("CREATE TABLE hashes (id TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID")
        try:
            with path.open("rb") as file:
                database.executemany("INSERT INTO hashes VALUES (?, ?)", _rows(path, file))
        except (OSError, sqlite3.OperationalError) as exc:
            raise UnusableOption(f"{path} can't be read, or the disk has no room for another file of its size.") from exc
        except sqlite3.IntegrityError as exc:
            raise UnusableOption(f"{path} has two users of one id. Export the hashes of one database at a time.") from exc

        def hash_of(user_id: str | None) -> str | None:
            row = database.execute("SELECT hash FROM hashes WHERE id = ?", (user_id,)).fetchone()
            return row[0] if row else None

        yield hash_of


def _rows(path: Path, file: BinaryIO) -> Iterator[tuple[str, str]]:
    for piece in pieces.json_lines(file):
        try:
            row = _row(piece)
        except Unfit as exc:
            raise UnusableOption(f"Line {piece.line} of {path} is not one of a file of Auth0's hashes: {exc}.") from exc
        if row:
            yield row


def _row(piece: Piece | Refusal) -> tuple[str, str] | None:
    """Return the id that the export of users has, and the hash; None for a user who has none."""
    if isinstance(piece, Refusal):
        raise Unfit(piece.reason)
    user = pieces.json_object(piece)
    # A user who was given an id of their own has it here.
    own_id = user.get("alt_id") or fields.object_member(user, "_id").get("$oid")
    known = user.get("passwordHash")
    if not isinstance(own_id, str):
        raise Unfit("it has neither `alt_id` nor `_id.$oid`")
    if known is not None and not isinstance(known, str):
        raise Unfit("`passwordHash` is not text")
    return (f"auth0|{own_id}", known) if known else None
