"""Searches of security events on DynamoDB itself: its limits, filters and indexes page as the embedded one's do (R-14)."""

from typing import Any
from urllib.parse import urlencode

import pytest

from local.stack import Stack
from tests.integration.administrators import Staff, administrator
from tests.support import Api, new_email

pytestmark = pytest.mark.dynamodb


def found(me: Staff, limit: int, query: dict[str, str]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = me.admin("GET", "/audit?" + urlencode({**query, **cursor, "limit": limit})).json()
        events += page["items"]
        if page["next_cursor"] is None:
            return events
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("names", [(), ("user_id",), ("actor_id",), ("event",), ("user_id", "event"), ("actor_id", "event")])
def test_r14_no_page_drops_or_repeats_an_event(stack: Stack, names: tuple[str, ...]) -> None:
    me, api, email = administrator(stack), Api(stack), new_email()
    user_id = api.sign_up(email)["user"]["id"]
    for number in range(6):
        api.login(email) if number % 2 else api.login(email, "not the password")
    values = {"user_id": user_id, "actor_id": user_id, "event": "sign_in.succeeded"}
    query = {name: values[name] for name in names}
    whole, small = (found(me, limit, query) for limit in (100, 2))
    assert whole == small
    stored = [item for item in api.table("AuditTable") if all(item.get(name) == query[name] for name in names)]
    newest_first = sorted(stored, key=lambda item: str(item["sk"]), reverse=True)
    assert [event["id"] for event in whole] == [item["id"] for item in newest_first]
