"""Keycloak: a realm with its users, or a file of users alone, as `kc.sh export` writes them.

https://www.keycloak.org/server/importExport
"""

from typing import Any, BinaryIO

from cli.importing.formats import fields, json_documents, pieces
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options
from cli.importing.formats.pieces import Piece
from cli.importing.records import Entries, Record

# What Keycloak itself needs of everybody, and means nothing elsewhere.
_OWN_ROLES = ("offline_access", "uma_authorization")
_OWN_PREFIX = "default-roles-"
_PBKDF2 = ("pbkdf2-sha256", "pbkdf2-sha512")
_ARGON2_VERSIONS = {"1.0": 16, "1.3": 19}


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file. `options` holds nothing for it."""
    return pieces.records(json_documents.elements(stream, "users"), _record)


def _record(line: int, user: dict[str, Any]) -> Record:
    if user.get("serviceAccountClientId"):
        raise Unfit("is the service account of a client, not a person")
    return Record(
        line=line,
        email=fields.email(user.get("email")),
        email_verified=fields.flag(user.get("emailVerified"), "`emailVerified`", default=False),
        name=fields.full_name(user.get("firstName"), user.get("lastName")),
        password_hash=_password_hash(line, user),
        status="active" if fields.flag(user.get("enabled"), "`enabled`", default=True) else "disabled",
        roles=_roles(user.get("realmRoles")),
        created_at=fields.created_at(user.get("createdTimestamp")),
        source_id=fields.source_id(user.get("id")),
    )


def _roles(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        value = [each for each in value if each not in _OWN_ROLES and not str(each).startswith(_OWN_PREFIX)]
    return fields.roles(value)


def _password_hash(line: int, user: dict[str, Any]) -> str | None:
    """Return the hash of the user's password. One that has to be changed at the next sign-in, such as an administrator's
    choice, is none: a reset replaces it just as well.
    """
    actions = user.get("requiredActions") or []
    passwords = [each for each in fields.list_of_objects(user, "credentials") if each.get("type") == "password"]
    if not passwords or (isinstance(actions, list) and "UPDATE_PASSWORD" in actions):
        return None
    if len(passwords) > 1:
        raise Unfit("has two passwords")
    secret, data = (_nested(line, passwords[0], key) for key in ("secretData", "credentialData"))
    return fields.password_hash(_stored(secret, data))


def _nested(line: int, credential: dict[str, Any], key: str) -> dict[str, Any]:
    text = credential.get(key)
    if not isinstance(text, str):
        raise Unfit(f"has a password without `{key}`")
    try:
        return pieces.json_object(Piece(line, text.encode()))
    except Unfit as exc:
        raise Unfit(f"`{key}` is not the text of a JSON object") from exc


def _stored(secret: dict[str, Any], data: dict[str, Any]) -> str:
    """Return the PHC string of a hash that Keycloak keeps in parts."""
    algorithm, iterations = data.get("algorithm"), data.get("hashIterations")
    salt, known = secret.get("salt"), secret.get("value")
    if not isinstance(salt, str) or not isinstance(known, str) or not isinstance(iterations, int):
        raise Unfit("has a password without salt, value or number of iterations")
    if algorithm in _PBKDF2:
        return f"${algorithm}$i={iterations}${salt}${known}"
    if algorithm == "argon2":
        parameters = fields.object_member(data, "additionalParameters")
        kind, version, memory, lanes = (_first(parameters, key) for key in ("type", "version", "memory", "parallelism"))
        if version not in _ARGON2_VERSIONS:
            raise Unfit("has a password by a version of Argon2 that isn't known")
        settings = f"v={_ARGON2_VERSIONS[version]}$m={memory},t={iterations},p={lanes}"
        return f"$argon2{kind}${settings}${salt.rstrip('=')}${known.rstrip('=')}"
    if algorithm == "pbkdf2":
        raise Unfit("has a password by PBKDF2 with SHA-1, which isn't taken over: import the user without `credentials`")
    raise Unfit("has a password by an algorithm that isn't one of Keycloak's pbkdf2-sha256, pbkdf2-sha512 and argon2")


def _first(parameters: dict[str, Any], key: str) -> str:
    """Return a parameter, which Keycloak keeps as a list of one text."""
    value = parameters.get(key)
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
        raise Unfit(f"has a password by Argon2 without `{key}`")
    return value[0]
