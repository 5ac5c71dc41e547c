"""What a client is (RFC 7591, section 2; RFC 6749, section 2.1), and what must fit together in it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from gatepost.clients.client_secrets import ClientSecret
from gatepost.clients.redirect_uris import is_private_use
from gatepost.errors import InvalidField

ClientType = Literal["public", "confidential"]
GrantType = Literal["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"]

DEFAULT_GRANT_TYPES: tuple[GrantType, ...] = ("authorization_code", "refresh_token")
MAX_REDIRECT_URIS = 20
MAX_SCOPES = 50
# `scope-token` of RFC 6749, section 3.3.
SCOPE_PATTERN = r"^[\x21\x23-\x5b\x5d-\x7e]+$"
MAX_SCOPE_LENGTH = 100


@dataclass(frozen=True)
class Client:
    """A client. A public one can't keep a secret, as an app on a phone or in a browser can't, and has none.

    `version` is raised by one with each change; `created_at` in seconds since the epoch. `further` is what newer code keeps
    with it.
    """

    id: str
    name: str
    type: ClientType
    redirect_uris: tuple[str, ...]
    grant_types: tuple[GrantType, ...]
    scopes: tuple[str, ...]
    secrets: tuple[ClientSecret, ...]
    created_at: int
    version: int = 1
    further: dict[str, Any] = field(default_factory=dict, compare=False)


def demand_consistent(client: Client) -> None:
    """Demand that what the members of `client` say is possible together.

    Raises:
        InvalidField: naming the member that doesn't fit.
    """
    if client.type == "public" and "client_credentials" in client.grant_types:
        raise InvalidField("grant_types", "client_credentials is for confidential clients alone")
    if "authorization_code" in client.grant_types and not client.redirect_uris:
        raise InvalidField("redirect_uris", "must have one at least, where users are sent back to with a code")
    if client.type == "confidential" and any(map(is_private_use, client.redirect_uris)):
        raise InvalidField("redirect_uris", "may have a private-use scheme in public clients alone")
