"""Amazon Cognito: what `aws cognito-idp list-users` prints, one document or a document a page.

Cognito gives nobody its password hashes, so its users come without: the first sign-in is by a mailed code or a reset.
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html
"""

from typing import Any, BinaryIO

from cli.importing.formats import fields, json_documents, pieces
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options
from cli.importing.records import Entries, Record


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file. `options` holds nothing for it."""
    return pieces.records(json_documents.elements(stream, "Users"), _record)


def _record(line: int, user: dict[str, Any]) -> Record:
    attributes = _attributes(user)
    given_name, family_name = attributes.get("given_name"), attributes.get("family_name")
    return Record(
        line=line,
        email=fields.email(attributes.get("email")),
        # An attribute's value is text.
        email_verified=attributes.get("email_verified") == "true",
        name=fields.name(attributes.get("name")) or fields.full_name(given_name, family_name),
        status="active" if fields.flag(user.get("Enabled"), "`Enabled`", default=True) else "disabled",
        created_at=fields.created_at(user.get("UserCreateDate")),
        source_id=fields.source_id(attributes.get("sub")),
    )


def _attributes(user: dict[str, Any]) -> dict[str, str]:
    attributes = dict[str, str]()
    for attribute in fields.list_of_objects(user, "Attributes"):
        key, value = attribute.get("Name"), attribute.get("Value")
        if not isinstance(key, str) or not isinstance(value, str):
            raise Unfit("`Attributes` are not names and values")
        attributes[key] = value
    return attributes
