"""First sign-ins of a user who was imported, at once: all are good, one upgrades the hash, and a new password wins (I-24)."""

import bcrypt
import pytest

from gatepost.storage.table import Database
from local.events import Response
from tests.dynamodb.support import INVALID_CREDENTIALS, at_once, guesses_at_account, sessions, split, users_items, write_user
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.support import PASSWORD, Api, new_email

pytestmark = pytest.mark.dynamodb

NEW_PASSWORD = f"{PASSWORD}, but new"


def imported(db: Database, api: Api) -> tuple[str, str]:
    """Return id and address of a user with a hash of another system."""
    email = new_email()
    return write_user(db, api, email, stored=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()), email


def stored_hash(api: Api, email: str) -> str:
    """Return the hash that the Users table holds for an address."""
    (stored,) = [item["password_hash"] for item in users_items(api, email) if "password_hash" in item]
    return str(stored)


def test_i24_nine_first_sign_ins_at_once_all_succeed_and_leave_one_hash_of_ours(api: Api, db: Database, wire: Wire) -> None:
    user_id, email = imported(db, api)
    with wire.meeting(9, TRANSACTION):
        answers = at_once([lambda: api.login(email)] * 9)
    assert {answer.status for answer in answers} == {200}
    assert len(sessions(api, user_id)) == 9
    assert stored_hash(api, email).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert guesses_at_account(api, email) == 0
    (user,) = [item for item in users_items(api, email) if "version" in item]
    assert (user["version"], user["epoch"]) == (0, 0)


def test_i24_a_reset_beats_first_sign_ins_that_are_under_way(api: Api, db: Database, wire: Wire) -> None:
    """Whatever the order: an upgrade never brings the old password back."""
    _, email = imported(db, api)
    api.post("/password/forgot", {"email": email})
    body = {"token": api.mailed_token(email), "new_password": NEW_PASSWORD}

    def reset() -> Response:
        answer = api.post("/password/reset", body)
        # An upgrade that came first has changed what the reset saw; its token is still good.
        return answer if answer.status == 204 else api.post("/password/reset", body)

    with wire.meeting(5, TRANSACTION):
        done, *sign_ins = at_once([reset, *[lambda: api.login(email)] * 4])
    assert done.status == 204
    assert set(split(sign_ins)[1]) <= {INVALID_CREDENTIALS}
    assert api.login(email).status == 401
    assert api.login(email, NEW_PASSWORD).status == 200
