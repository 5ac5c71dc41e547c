"""Exchanging an API key for an access token, at the cost of two sequential round trips at the most."""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from gatepost import access_tokens, clock, limits
from gatepost.access.current_roles import rights_within
from gatepost.api_keys import validity
from gatepost.api_keys.spelling import SpelledKey
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import InvalidApiKey, InvalidTarget, logged_if_unavailable
from gatepost.service import Service
from gatepost.storage import api_keys, keys
from gatepost.storage import users as user_items
from gatepost.storage.api_keys import ApiKey
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.users import User

# `last_used_at` is so coarse, in seconds: a key that is used all the time is written that seldom.
LAST_USED_EVERY = 300


@dataclass(frozen=True)
class Exchanged:
    """An access token, and in how many seconds it expires."""

    access_token: str
    expires_in: int


def exchange(service: Service, text: str, caller: Caller, *, audience: str | None = None) -> Exchanged:
    """Return an access token for the API key that `text` is: with what both the key and its owner may right now.

    Raises:
        InvalidApiKey: it's malformed, unknown, over or deleted, or its owner is disabled or has no proven address.
        InvalidTarget: `audience` is not one of this deployment's, or the key is for another one.
        RateLimited: with such a key, where the client presented too many of them.
    """
    access_tokens.audience(service, audience)  # what was asked for is judged before the key
    try:
        presented = SpelledKey.decode(text)
    except ValueError as exc:
        raise InvalidApiKey from exc
    table = service.settings.users_table
    item, user_item, version = service.db.get_many(
        (table, keys.api_key(presented.user_id, presented.id)), (table, keys.user(presented.user_id)), service.roles.version
    )
    key, user = api_keys.from_item(item), user_items.from_item(user_item)
    if key is None or user is None:
        raise InvalidApiKey
    if reason := _refusal(service, presented, key, user):
        _refuse(service, key, reason, caller)
    audiences = access_tokens.audience(service, _audience(key, audience))
    rights = rights_within(service.roles.at(version), user, key.permissions)
    token, expires_in = access_tokens.issue_for_api_key(service, user, key, audiences, rights)
    _note_use(service, key)
    return Exchanged(token, expires_in)


def _audience(key: ApiKey, requested: str | None) -> str | None:
    """Return whom the token of `key` is for, None for whom it is for by default. Raises `InvalidTarget`."""
    if key.audience is not None and requested not in (None, key.audience):
        raise InvalidTarget
    return key.audience or requested


def _refusal(service: Service, presented: SpelledKey, key: ApiKey, user: User) -> str | None:
    if not hmac.compare_digest(key.secret_digest, presented.secret_digest):
        return "wrong_secret"
    return validity.refusal(service, key, user)


def _refuse(service: Service, key: ApiKey, reason: str, caller: Caller) -> NoReturn:
    """Leave an event of it, so many times a client at the most: nobody guesses a secret, but scripts never tire."""
    db, table = service.db, service.settings.sessions_table
    counted = limits.reserve(db, table, service.limits.api_key_failures, limits.client_address(caller.ip))
    with limits.taken_back_if_unavailable(db, table, [counted]):
        db.write(service.audit.event(Event.API_KEY_REFUSED, caller, user_id=key.user_id, reason=reason, api_key_id=key.id))
    raise InvalidApiKey


def _note_use(service: Service, key: ApiKey) -> None:
    """Note that `key` was used, if that was not just noted. The token is as good without."""
    now = clock.now()
    if key.last_used_at is not None and abs(now - key.last_used_at) < LAST_USED_EVERY:
        return
    # Where the key was deleted meanwhile, so was its token: it's on the revocation list.
    with logged_if_unavailable("an API key was used later than it says"), suppress(ConditionFailed):
        service.db.write(api_keys.note_use(service.settings.users_table, key, now))
