"""What the tests on DynamoDB share: doing things at once, and what the tables hold afterwards."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gatepost import clock, limits
from gatepost.accounts import email_addresses
from gatepost.credentials.passwords import hash_password
from gatepost.identifiers import new_id
from gatepost.storage import keys, users
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item
from local.events import Response
from tests.support import PASSWORD, Api, problem

T = TypeVar("T")

INVALID_TOKEN = (400, "invalid_token")
INVALID_CREDENTIALS = (401, "invalid_credentials")
INVALID_REFRESH_TOKEN = (401, "invalid_refresh_token")
TOO_MANY_REQUESTS = (429, "too_many_requests")
UNAVAILABLE = (503, "temporarily_unavailable")


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Make all `calls` at the same time, each in a thread of its own, and return their results in order."""
    waiting = list(calls)
    with ThreadPoolExecutor(len(waiting)) as threads:
        return [call.result() for call in [threads.submit(call) for call in waiting]]


def split(answers: Iterable[Response]) -> tuple[list[Response], list[tuple[int, str]]]:
    """Return the answers that went well, and status and code of the others."""
    everything = list(answers)
    return (
        [answer for answer in everything if answer.status < 400],
        [problem(answer) for answer in everything if answer.status >= 400],
    )


def write_user(db: Database, api: Api, email: str, password: str = PASSWORD, stored: str | None = None) -> str:
    """Write a user and its claim as a registration does, or an import with the hash `stored`; return the id. Raises
    `ConditionFailed`.
    """
    address = email_addresses.parse(email)
    user = User(
        id=new_id(),
        email=address.address,
        email_digest=address.digest,
        email_verified=True,
        name=None,
        password_hash=stored or hash_password(password),
        status="active",
        roles=("user",),
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
    db.transact(*users.create(api.table_name("UsersTable"), user))
    return user.id


def users_items(api: Api, email: str) -> list[Item]:
    """Return all that the Users table holds for an address: its claim, and every user that has it."""
    digest = email_addresses.parse(email).digest
    claim = keys.email_claim(digest)["pk"]
    return [item for item in api.table("UsersTable") if item["pk"] == claim or item.get("email_digest") == digest]


def assert_one_account(api: Api, email: str) -> str:
    """Assert that the Users table holds exactly one user and one claim for an address, of each other. Return the user's id."""
    claim, user = sorted(users_items(api, email), key=lambda item: item["sk"] != "CLAIM")
    assert user["pk"] == keys.user(claim["user_id"])["pk"]
    user_id: str = user["id"]
    return user_id


def attempts(api: Api, email: str) -> list[Item]:
    """Return the registration attempts of an address."""
    key = keys.registration_attempt(email_addresses.parse(email).digest, 0)
    kind = key["sk"].removesuffix("0")
    return [item for item in api.table("SessionsTable") if item["pk"] == key["pk"] and item["sk"].startswith(kind)]


def sessions(api: Api, user_id: str) -> list[Item]:
    """Return the sessions of a user."""
    key = keys.session(user_id, "")
    return [item for item in api.table("SessionsTable") if item["pk"] == key["pk"] and item["sk"].startswith(key["sk"])]


def events(api: Api, user_id: str) -> list[str]:
    """Return the security events of a user, sorted by name."""
    pk = keys.user(user_id)["pk"]
    return sorted(item["event"] for item in api.table("AuditTable") if item["pk"] == pk)


def guesses_at_account(api: Api, email: str) -> int:
    """Return how many guesses are counted for an account, existing or not."""
    return _counted(api, keys.limit("account", limits.account(email_addresses.parse(email).digest)))


def guesses_by_client(api: Api) -> int:
    """Return how many guesses are counted for the client address of `api`."""
    return _counted(api, keys.limit("address", limits.client_address(api.ip)))


def _counted(api: Api, key: keys.Key) -> int:
    found = [item for item in api.table("SessionsTable") if item["pk"] == key["pk"] and item["sk"] == key["sk"]]
    return sum(len(item.get("entries", ())) for item in found)


def alive(api: Api, signed_in: Response) -> bool:
    """Return whether the tokens of a sign-in are still good; both must agree. Uses the refresh token up."""
    tokens = signed_in.json()
    profile, refreshed = api.me(tokens["access_token"]).status, api.refresh(tokens["refresh_token"]).status
    assert (profile, refreshed) in {(200, 200), (401, 401)}
    return profile == 200
