"""The Audit table's stream, by the engine: what happened at once is published, each by its own id, however often (R-20)."""

from collections import Counter
from collections.abc import Container
from functools import partial

import pytest

from local.stack import Stack
from local.streams import StreamPump
from tests.dynamodb.support import at_once
from tests.support import Api, new_email

pytestmark = pytest.mark.dynamodb


def test_r20_what_happens_at_once_is_published_and_again_from_the_streams_beginning(stack: Stack) -> None:
    users = [api.sign_up(email := new_email()) | {"email": email} for api in [Api(stack) for _ in range(5)]]
    at_once([partial(Api(stack).login, user["email"]) for user in users for _ in range(4)])
    about = {user["user"]["id"] for user in users}

    def of_these(seen: Container[str] = ()) -> Counter[tuple[str, str]]:
        """Those that are on the bus but the `seen`, by the bus's own ids."""
        told = (event["detail"] for event in stack.events() if event["id"] not in seen)
        return Counter((detail["type"], detail["id"]) for detail in told if detail.get("user_id") in about)

    once = of_these()
    assert set(once.values()) == {1}
    assert Counter(type_ for type_, _ in once) == {"user.registered": 5, "session.created": 20}
    seen = {event["id"] for event in stack.events()}

    # As one whose place in the stream was lost.
    (source,) = stack.template.functions["EventsFunction"].streams
    pump = StreamPump(stack.functions["EventsFunction"], source, stack.template.tables[source.table].name)
    pump.deliver()
    assert of_these(seen) == once
