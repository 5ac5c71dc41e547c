"""Users that several change at once: an administrator remains, and whatever comes out is as if one had come after the other
(R-04, R-05, Z-02, Z-04).
"""

from collections.abc import Callable

import pytest

from gatepost.access.roles import ADMIN, Role
from gatepost.revocations import hashed
from gatepost.storage import administrators, keys
from gatepost.storage.table import Database
from local.events import Response
from local.stack import Stack
from tests.dynamodb.support import alive, at_once, split
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.integration.accounts import new_user, revocations
from tests.integration.administrators import Staff, administrator, new_role, user_with, user_with_roles
from tests.integration.inside import events_of
from tests.support import PASSWORD, Api, new_email, problem

pytestmark = pytest.mark.dynamodb

CONFLICT = (409, "conflict")
INVALID_TOKEN = (400, "invalid_token")
Call = Callable[[], Response]


@pytest.fixture
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def only(db: Database, stack: Stack, *staff: Staff) -> None:
    """Let the set of administrators hold these alone."""
    table, ids = stack.template.tables["UsersTable"].name, {each.id for each in staff}
    item = db.get(table, keys.administrators())
    for other in set(item["ids"] if item else ()) - ids:
        db.write(administrators.remove(table, other))


def assert_set_is_true(db: Database, stack: Stack, *staff: Staff) -> set[str]:
    """Assert that the set holds exactly those of `staff` who are active administrators; return their ids."""
    table = stack.template.tables["UsersTable"].name
    item = db.get(table, keys.administrators())
    users = [db.get(table, keys.user(each.id)) for each in staff]
    active = {user["id"] for user in users if user and user["status"] == "active" and ADMIN in user["roles"]}
    assert item is not None
    assert item["ids"] == active
    return active


def demote(actor: Staff, whom: Staff) -> Call:
    return lambda: actor.admin("DELETE", f"/users/{whom.id}/roles/{ADMIN}")


def disable(actor: Staff, whom: Staff) -> Call:
    return lambda: actor.admin("PATCH", f"/users/{whom.id}", {"status": "disabled"})


def delete(actor: Staff, whom: Staff) -> Call:
    return lambda: actor.admin("DELETE", f"/users/{whom.id}")


def erase(actor: Staff, whom: Staff) -> Call:
    return lambda: whom.erase(PASSWORD)


@pytest.mark.parametrize("ways", [[demote], [disable], [delete], [erase], [demote, disable, delete, erase]])
def test_r04_z04_of_40_at_once_against_two_administrators_one_remains(
    stack: Stack, db: Database, ways: list[Callable[[Staff, Staff], Call]]
) -> None:
    one, two = administrator(stack), administrator(stack)
    only(db, stack, one, two)
    pairs = [(one, one), (one, two), (two, one), (two, two)]
    calls = [ways[number % len(ways)](*pairs[(number + number // 4) % 4]) for number in range(40)]
    answers = at_once(calls)
    assert {answer.status for answer in answers} <= {200, 204, 401, 403, 404, 409, 429, 503}
    assert len(assert_set_is_true(db, stack, one, two)) >= 1


def test_r04_one_goes_and_the_other_is_told_they_are_the_last(stack: Stack, db: Database, wire: Wire) -> None:
    one, two = administrator(stack), administrator(stack)
    only(db, stack, one, two)
    with wire.meeting(2, TRANSACTION):
        gone, refused = split(at_once([demote(one, one), demote(two, two)]))
    assert (len(gone), refused) == (1, [(409, "last_administrator")])
    assert len(assert_set_is_true(db, stack, one, two)) == 1


def test_r05_no_session_outlives_a_disable_that_was_answered(stack: Stack, wide_stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    signed_in = [lambda: Api(wide_stack).login(user.email)] * 12
    disabled, *logins = at_once([lambda: me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"}), *signed_in])
    assert disabled.status in (200, 409, 503)
    if disabled.status != 200:  # too many at the user at once: nothing was changed, and it can be asked again
        assert me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"}).status == 200
    assert not [login for login in logins if login.status == 200 and alive(user.api, login)]


def test_r05_a_token_from_beside_the_removal_of_a_role_is_on_the_revocation_list(stack: Stack, me: Staff) -> None:
    role = new_role(stack, Role("", "", ("orders:read",)))
    user = user_with_roles(stack, role)
    sessions = [user.login() for _ in range(8)]
    removed, *refreshed = at_once(
        [
            lambda: me.admin("DELETE", f"/users/{user.id}/roles/{role}"),
            *((lambda session=session: session.api.refresh(session.refresh_token)) for session in sessions),
        ]
    )
    assert removed.status == 204
    least = revocations(user.api)["users"][hashed(user.id)]
    for answer in refreshed:
        said = answer.json()["user"]["permissions"]
        assert said == [] or least > 0
    assert user.refreshed().signed_in["user"]["permissions"] == []


def test_z02_who_gains_a_role_meanwhile_is_not_changed_by_who_holds_less(stack: Stack, me: Staff, wire: Wire) -> None:
    manager, user = user_with(stack, "users:write", "sessions:write", "roles:assign"), new_user(stack)
    large = new_role(stack, Role("", "", ("orders:*",)))

    def promote() -> None:
        assert me.admin("PUT", f"/users/{user.id}/roles/{large}").status == 204

    with wire.in_the_midst(TRANSACTION, promote):
        assert problem(manager.admin("PATCH", f"/users/{user.id}", {"status": "disabled"})) == CONFLICT
    assert problem(manager.admin("PATCH", f"/users/{user.id}", {"status": "disabled"})) == (403, "not_permitted")
    assert me.admin("GET", f"/users/{user.id}").json()["status"] == "active"


def test_z02_who_loses_a_role_meanwhile_gives_nothing_by_it(stack: Stack, me: Staff, wire: Wire) -> None:
    own = new_role(stack, Role("", "", ("roles:assign", "orders:*")))
    manager, user = user_with_roles(stack, own), new_user(stack)

    def demoted() -> None:
        assert me.admin("DELETE", f"/users/{manager.id}/roles/{own}").status == 204

    with wire.in_the_midst(TRANSACTION, demoted):
        assert problem(manager.admin("PUT", f"/users/{user.id}/roles/{own}")) == CONFLICT


def test_z03_a_role_that_grows_meanwhile_is_not_given(stack: Stack, me: Staff, wire: Wire) -> None:
    small = new_role(stack, Role("", "", ("orders:read",)))
    manager, user = user_with(stack, "roles:assign", "orders:read"), new_user(stack)

    def grow() -> None:
        assert me.admin("PUT", f"/roles/{small}", {"permissions": ["*"]}).status == 200

    with wire.in_the_midst(TRANSACTION, grow):
        assert problem(manager.admin("PUT", f"/users/{user.id}/roles/{small}")) == CONFLICT


def invited(me: Staff, *roles: str) -> tuple[str, str]:
    """Invite somebody; return the id and the token."""
    email = new_email()
    answer = me.admin("POST", "/users", {"email": email, "roles": roles, "invite": True})
    assert answer.status == 201, answer.body
    return answer.json()["id"], me.api.mailed_token(email)


def accept(stack: Stack, token: str) -> Call:
    return lambda: Api(stack).post("/accept-invitation", {"token": token, "password": PASSWORD})


def test_z16_of_16_acceptances_at_once_one_makes_the_account(stack: Stack, me: Staff, wire: Wire) -> None:
    user_id, token = invited(me, "user")
    with wire.meeting(16, TRANSACTION):
        made, refused = split(at_once([accept(stack, token)] * 16))
    assert len(made) == 1
    assert set(refused) <= {INVALID_TOKEN, (503, "temporarily_unavailable")}
    assert events_of(me.api, user_id) == ["user.invited", "user.invitation_accepted"]


def test_z16_who_invited_loses_their_role_meanwhile(stack: Stack, me: Staff, wire: Wire) -> None:
    own = new_role(stack, Role("", "", ("users:write", "orders:read")))
    manager, given = user_with_roles(stack, own), new_role(stack, Role("", "", ("orders:read",)))
    user_id, token = invited(manager, given)

    def demoted() -> None:
        assert me.admin("DELETE", f"/users/{manager.id}/roles/{own}").status == 204

    with wire.in_the_midst(TRANSACTION, demoted):
        assert problem(accept(stack, token)()) == CONFLICT
    assert problem(accept(stack, token)()) == INVALID_TOKEN
    assert me.admin("GET", f"/users/{user_id}").json()["status"] == "invited"


def test_r08_an_acceptance_whose_answer_is_lost_signs_in_all_the_same(stack: Stack, me: Staff, wire: Wire) -> None:
    _, token = invited(me, "user")
    with wire.losing_answers(TRANSACTION, 1):
        assert accept(stack, token)().status == 200
