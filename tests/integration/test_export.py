"""The export: everything held about a user, and no secret (GDPR, article 15)."""

import json
import re

from time_machine import Traveller

from gatepost.storage import keys
from gatepost.storage.writes import Item
from local.stack import Stack
from tests.integration.accounts import NEW_PASSWORD, WRONG, User, mailed_change, mailed_reset, new_user
from tests.integration.api_keys import new_api_key
from tests.opaque import spellings, token_secrets
from tests.support import PASSWORD, Api, new_email

# What is held for the service's own working: keys, secrets and their digests, counters.
NOT_SHOWN = {
    "UsersTable": {
        *("pk", "sk", "address_range", "address", "email_digest", "password_hash", "epoch", "version"),
        *("api_keys", "api_key_epoch", "user_id", "secret_digest"),
    },
    "SessionsTable": {
        "pk",
        "sk",
        "user_id",
        "family_digest",
        "current_digest",
        "epoch",
        "rotation",
        "secret_digest",
        "email_digest",
        "created_at_ms",
        "issued_at",
    },
    "AuditTable": {"pk", "sk", "shard", "event_shard", "user_id", "expires_at", "at_ms"},
}


def lived_in(stack: Stack, clock: Traveller) -> tuple[User, list[str], list[str]]:
    """Return a user with a past, and the secrets of it: opaque tokens, and others."""
    email, new = new_email(), new_email()
    api = Api(stack)
    api.register(email, name="Ada Lovelace")
    secrets = [api.mailed_token(email)]
    answer = api.post("/verify-email", {"token": secrets[0], "password": PASSWORD})
    user = User(api, email, PASSWORD, answer.json())
    clock.shift(60)
    phone = user.login(device_name="Ada's phone", audience="https://reports.example.com")
    clock.shift(60)
    newer = phone.refreshed()
    user.api.login(email, WRONG)
    key = new_api_key(newer, name="Ada's script")
    api_tokens = [key.text.rpartition("_")[2], key.access_token()]
    secrets += [mailed_reset(api, email), mailed_change(newer, new)]
    secrets += [session.refresh_token for session in (user, phone, newer)]
    return newer, secrets, api_tokens


def held(user: User) -> dict[str, list[Item]]:
    """Return all items that are of the user."""
    partition = keys.everything_of_user(user.id)
    tables = ("UsersTable", "SessionsTable", "AuditTable")
    return {table: [item for item in user.api.table(table) if item["pk"] == partition] for table in tables}


def test_everything_held_about_the_user_is_in_it(stack: Stack, clock: Traveller) -> None:
    user, *_ = lived_in(stack, clock)
    exported = user.export()
    assert exported.keys() == {
        *("exported_at", "user", "pending_email", "sessions", "api_keys", "security_events", "security_events_complete"),
    }
    assert exported["security_events_complete"] is True
    assert exported["exported_at"] == "2026-11-23T12:02:00Z"
    assert exported["user"] == {
        "id": user.id,
        "email": user.email,
        "email_verified": True,
        "name": "Ada Lovelace",
        "status": "active",
        "roles": ["user"],
        "created_at": "2026-11-23T12:00:00Z",
        "mail_stopped": None,
    }
    assert sorted(session["device_name"] or "" for session in exported["sessions"]) == ["", "Ada's phone"]
    (key,) = exported["api_keys"]
    assert (key["name"], key["permissions"], key["last_used_at"]) == ("Ada's script", [], "2026-11-23T12:02:00Z")
    assert sorted(event["event"] for event in exported["security_events"]) == [
        *("api_key.created", "email.change_requested", "password.reset_requested"),
        *("sign_in.failed", "sign_in.succeeded", "user.registered"),
    ]
    items = held(user)
    assert [len(items[table]) for table in items] == [2, 4, 6]  # an API key; two sessions and two tokens; six events


def test_every_attribute_that_is_held_is_in_it_or_is_a_secret_or_of_our_own_working(stack: Stack, clock: Traveller) -> None:
    """So that what is added later is not forgotten here."""
    user, *_ = lived_in(stack, clock)
    exported = user.export()
    sections = {
        "UsersTable": [exported["user"], *exported["api_keys"]],
        "SessionsTable": [*exported["sessions"], {"email": exported["pending_email"]}],
        "AuditTable": exported["security_events"],
    }
    missing = {
        table: {name for item in items for name in item}
        - NOT_SHOWN[table]
        - {name for shown in sections[table] for name in shown}
        for table, items in held(user).items()
    }
    assert missing == {"UsersTable": set(), "SessionsTable": set(), "AuditTable": set()}


def test_no_secret_and_no_digest_of_one_is_in_it(stack: Stack, clock: Traveller) -> None:
    user, tokens, texts = lived_in(stack, clock)
    text = json.dumps(user.export(), ensure_ascii=False).encode()
    for token in tokens:
        assert not [spelling for spelling in token_secrets(token) if spelling in text]
    for secret in (PASSWORD, WRONG, user.access_token, NEW_PASSWORD, *texts):
        assert not [spelling for spelling in spellings(secret.encode()) if spelling in text]
    digests = [value for items in held(user).values() for item in items for value in _binary(item)]
    assert len(digests) >= 9
    assert not [spelling for digest in digests for spelling in spellings(digest) if spelling in text]
    assert b"$argon2" not in text
    assert not re.search(rb"(hash|digest|secret|token|epoch|sealed)\"", text)


def _binary(value: object) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, dict):
        return [found for member in value.values() for found in _binary(member)]
    return []


def test_nothing_of_another_user_is_in_it(stack: Stack, clock: Traveller) -> None:
    user, *_ = lived_in(stack, clock)
    other, *_ = lived_in(stack, clock)
    Api(stack).register(user.email, name="Mallory")
    text = json.dumps(user.export())
    for trace in (other.id, other.session_id, other.email, "Mallory"):
        assert trace not in text


def test_a_user_with_many_events_gets_all_of_them(stack: Stack) -> None:
    user = new_user(stack)
    for number in range(120):
        assert user.call("PATCH", "", {"name": f"Ada {number}"}).status == 200
    assert len(user.export()["security_events"]) == 121
    assert len(user.trail()) == 121


def test_an_export_is_not_kept_by_anybody_on_the_way(stack: Stack) -> None:
    answer = new_user(stack).call("GET", "/export")
    assert answer.header("cache-control") == "no-store"
    assert answer.header("content-type") == "application/json; charset=utf-8"
