"""An API key as tests use one."""

from dataclasses import dataclass, field
from typing import Any

from gatepost import clock
from gatepost.api_keys import own_keys
from gatepost.api_keys.spelling import SpelledKey
from gatepost.aws.clients import client
from gatepost.storage import api_keys, keys
from gatepost.storage import users as user_items
from gatepost.storage.table import Database
from local.events import Response
from tests.integration.accounts import User
from tests.support import Api

INVALID_API_KEY = (401, "invalid_api_key")
NOT_PERMITTED = (403, "not_permitted")


@dataclass(frozen=True)
class ApiKey:
    """An API key and the machine that has it, at a client address of its own."""

    api: Api
    shown: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.shown["id"])

    @property
    def text(self) -> str:
        """The key itself."""
        return str(self.shown["api_key"])

    def exchange(self, **more: Any) -> Response:
        """Present it."""
        return present(self.api, self.text, **more)

    def access_token(self, **more: Any) -> str:
        """Return a new access token for it."""
        answer = self.exchange(**more)
        assert answer.status == 200, answer.body
        return str(answer.json()["access_token"])


def present(api: Api, text: str, **more: Any) -> Response:
    """Present what may be an API key."""
    return api.post("/api-key", {"api_key": text, **more})


def ask_for_api_key(user: User, /, *permissions: str, **more: Any) -> Response:
    """Ask for a key; `headers` go as such."""
    headers = more.pop("headers", None)
    body = {"name": "deploy", "permissions": list(permissions), **more}
    return user.call("POST", "/api-keys", body, headers=headers)


def new_api_key(user: User, *permissions: str, **more: Any) -> ApiKey:
    """Make a key of a user with these permissions, which they must have."""
    answer = ask_for_api_key(user, *permissions, **more)
    assert answer.status == 201, answer.body
    return ApiKey(Api(user.api.stack), answer.json())


def write_api_key(user: User) -> str:
    """Write a key of a user straight into the table, without event or mail; return its id."""
    db, table = Database(client("dynamodb")), user.api.table_name("UsersTable")
    owner = user_items.from_item(db.get(table, keys.user(user.id)))
    assert owner is not None
    now, spelled = clock.now(), SpelledKey.new(user.id)
    until, epoch = now + own_keys.DAY, owner.api_key_epoch
    key = api_keys.ApiKey(spelled.id, user.id, "deploy", (), spelled.secret_digest, epoch, now, until)
    db.transact(*api_keys.create(table, owner, key, allowed=own_keys.MAX_KEYS))
    return key.id


def with_another_secret(text: str) -> str:
    """Return a well-formed key of the same id whose secret is another."""
    spelled = SpelledKey.decode(text)
    return SpelledKey(spelled.id, SpelledKey.new(spelled.user_id).secret).encode()
