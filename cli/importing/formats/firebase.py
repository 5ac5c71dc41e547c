"""Firebase Authentication: what `firebase auth:export users.json` writes.

Passwords are hashed by Firebase's own scrypt, whose parameters and key, the same for a whole project, are shown in its console
alone. https://firebase.google.com/docs/cli/auth
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cli.importing.formats import fields, json_documents, pieces
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options, UnusableOption
from cli.importing.formats.pieces import Piece
from cli.importing.records import Entries, Record

_MAX_CONFIG = 10_000
_BASE64 = r"[A-Za-z0-9+/_-]*={0,2}"
_PARAMETERS = {
    "algorithm": r"SCRYPT",
    "base64_signer_key": _BASE64,
    "base64_salt_separator": _BASE64,
    "rounds": r"[1-9][0-9]{0,2}",
    "mem_cost": r"[1-9][0-9]{0,2}",
}

# Makes a stored hash of `passwordHash` and `salt`.
_ToStored = Callable[[str, str], str]


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file.

    Raises:
        UnusableOption: the hash parameters can't be read; or there are none, and the first user with a hash is met.
    """
    to_stored = _to_stored(options.firebase_hash_config) if options.firebase_hash_config else None
    return pieces.records(json_documents.elements(stream, "users"), partial(_record, to_stored, options.roles_claim))


def _record(to_stored: _ToStored | None, roles_claim: str | None, line: int, user: dict[str, Any]) -> Record:
    return Record(
        line=line,
        email=fields.email(user.get("email")),
        email_verified=fields.flag(user.get("emailVerified"), "`emailVerified`", default=False),
        name=fields.name(user.get("displayName")),
        password_hash=fields.password_hash(_stored(to_stored, user)),
        status="disabled" if fields.flag(user.get("disabled"), "`disabled`", default=False) else "active",
        roles=fields.roles(_claims(line, user).get(roles_claim)) if roles_claim else (),
        created_at=fields.created_at(user.get("createdAt")),
        source_id=fields.source_id(user.get("localId")),
    )


def _stored(to_stored: _ToStored | None, user: dict[str, Any]) -> str | None:
    known, salt = user.get("passwordHash"), user.get("salt")
    if not known:
        return None
    if not isinstance(known, str) or not isinstance(salt, str):
        raise Unfit("`passwordHash` and `salt` are not both text")
    if to_stored is None:
        raise UnusableOption(
            "The users have password hashes, which nobody can verify without the project's hash parameters: save what the "
            "console shows (Authentication > Users, in the menu above the list) to a file for --firebase-hash-config."
        )
    return to_stored(known, salt)


def _claims(line: int, user: dict[str, Any]) -> dict[str, Any]:
    """Return the custom claims, which the export has as a text of JSON."""
    text = user.get("customAttributes")
    if not text:
        return {}
    if not isinstance(text, str):
        raise Unfit("`customAttributes` is not text")
    try:
        return pieces.json_object(Piece(line, text.encode()))
    except Unfit as exc:
        raise Unfit("`customAttributes` is not the text of a JSON object") from exc


def _to_stored(path: Path) -> _ToStored:
    """Read the hash parameters as the console shows them, `hash_config { algorithm: SCRYPT, base64_signer_key: …, … }`."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_MAX_CONFIG)
    except (OSError, UnicodeDecodeError) as exc:
        raise UnusableOption(f"The hash parameters can't be read from {path}.") from exc
    found = dict[str, str]()
    for parameter, pattern in _PARAMETERS.items():
        value = re.search(rf"\b{parameter}\s*:\s*({pattern})\s*(?:[,}}\n]|$)", text)
        if value is None:
            raise UnusableOption(
                f"{path} has no `{parameter}` that can be used. It has to hold all of `hash_config {{…}}`, of the algorithm "
                "SCRYPT, as the console shows it."
            )
        found[parameter] = value[1]
    parameters = (
        f"n={found['mem_cost']},r={found['rounds']},p=1,ss={found['base64_salt_separator']},sk={found['base64_signer_key']}"
    )
    return lambda known, salt: f"$fbscrypt$v=1,{parameters}${salt}${known}"
