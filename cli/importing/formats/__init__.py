"""Files of users that can be imported: one module a format, all in the table below."""

from dataclasses import dataclass

from cli.importing.formats import auth0, cognito, comma_separated, firebase, gatepost, json_lines, keycloak
from cli.importing.formats.options import Options, Reader, UnusableOption

__all__ = ["FORMATS", "Format", "Options", "UnusableOption"]


@dataclass(frozen=True)
class Format:
    """How a kind of file is read, what it is in a line, and which of the `Options` mean something to it."""

    read: Reader
    description: str
    options: frozenset[str] = frozenset()


# By the name that `users import --format` takes.
FORMATS: dict[str, Format] = {
    "csv": Format(
        comma_separated.read,
        "CSV with a header: email, name, password_hash, email_verified, roles, status, created_at, id.",
    ),
    "jsonl": Format(json_lines.read, "JSON Lines: an object a line, with the members that csv has as columns."),
    "gatepost": Format(gatepost.read, "Gatepost: what `gatepost users export` writes. Users keep their ids."),
    "cognito": Format(cognito.read, "Amazon Cognito: what `aws cognito-idp list-users` prints. It holds no password hashes."),
    "auth0": Format(
        auth0.read,
        "Auth0: an export of users as JSON; --hashes takes the file of password hashes from its support.",
        frozenset({"hashes", "roles_claim"}),
    ),
    "firebase": Format(
        firebase.read,
        "Firebase: what `firebase auth:export users.json` writes; --firebase-hash-config takes the project's hash parameters.",
        frozenset({"firebase_hash_config", "roles_claim"}),
    ),
    "keycloak": Format(keycloak.read, "Keycloak: a realm or its users as `kc.sh export` writes them."),
}
