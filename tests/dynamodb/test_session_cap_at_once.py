"""Signing in 40 times at once where a user may have three sessions (CASES S-23)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.mailbox import Mailbox
from local.stack import Stack
from tests.dynamodb.support import at_once
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.support import PARAMETERS, Api, new_email

pytestmark = pytest.mark.dynamodb

CAP = 3


@pytest.fixture
def capped_api(mailbox: Mailbox, wire: Wire, shared_project: Path, stack: Stack) -> Iterator[Api]:
    """A client of another environment of the same service, with a cap, whose limits let 40 guesses pass at once."""
    parameters = PARAMETERS | {"MaxSessions": str(CAP)}
    with wire.laid():
        service = Stack(shared_project / "template.yaml", mailbox, parameters=parameters, limits_scale="4")
    with service:
        yield Api(service)


def test_s23_when_40_sign_ins_at_once_have_answered_no_more_sessions_live_than_allowed(
    api: Api, capped_api: Api, wire: Wire
) -> None:
    email = new_email()
    api.sign_up(email)
    with wire.meeting(40, TRANSACTION):
        answers = at_once([lambda: capped_api.login(email)] * 40)
    assert {answer.status for answer in answers} <= {200, 503}
    signed_in = [answer.json() for answer in answers if answer.status == 200]
    alive = [each for each in signed_in if capped_api.me(each["access_token"]).status == 200]
    assert len(alive) == CAP
    listed = capped_api.call("GET", "/v1/me/sessions", token=alive[0]["access_token"]).json()["items"]
    assert {each["id"] for each in listed} == {each["session_id"] for each in alive}
