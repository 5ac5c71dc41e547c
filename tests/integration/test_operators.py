"""An operator acts by the rules of administrators: the ladder finds that they hold everything, all else is the same."""

import pytest

from gatepost.access.roles import ADMIN, Role
from gatepost.administration import actors, user_roles, users
from gatepost.administration.actors import Operator
from gatepost.administration.roles import put_role, replace_all
from gatepost.audit import Event
from gatepost.caller import of_service
from gatepost.config import AdminSettings
from gatepost.conflicts import BuiltInRole, LastAdministrator, TooManyRoles
from gatepost.errors import Conflict, NotFound
from gatepost.service import Service, connect
from local.stack import Stack
from tests.integration.administrators import administrator, new_role, user_with, user_with_roles
from tests.integration.tables import items
from tests.support import Api

ARN = "arn:aws:sts::123456789012:assumed-role/Operators/ada@example.com"
CALLER = of_service("a test", "request")


@pytest.fixture(scope="module")
def service(stack: Stack) -> Service:
    """The rules as an operator's process has them."""
    return connect(AdminSettings.from_environment(stack.template.functions["AdminFunction"].environment))


def operator(service: Service) -> Operator:
    return actors.operator(service, ARN)


def test_who_holds_more_than_anybody_gave_is_changed_by_an_operator(stack: Stack, service: Service) -> None:
    admin, clerk = administrator(stack), user_with(stack, "orders:read")
    administrator(stack)
    me = operator(service)
    user_roles.assign(service, me, users.find(service, me, clerk.id), ADMIN, CALLER)
    assert clerk.admin("GET", "/roles").status == 200
    user = users.find(service, me, admin.id)
    users.update(service, me, user, CALLER, name=None, email_verified=True, status="disabled")
    assert admin.admin("GET", "/roles").status == 401
    left = items(Api(stack), "AuditTable", "actor_id = :arn", arn=ARN)
    assert {(item["event"], item["user_id"], item["pk"]) for item in left} >= {
        (Event.ROLE_ASSIGNED, clerk.id, f"USER#{clerk.id}"),
        (Event.USER_DISABLED, admin.id, f"USER#{admin.id}"),
    }


def test_the_last_administrator_stays_one_whoever_would_change_that(stack: Stack, service: Service) -> None:
    admins = [administrator(stack), administrator(stack)]
    others = items(Api(stack), "UsersTable", "pk = :pk AND sk = :sk", pk="ADMINISTRATORS", sk="SET")[0]["ids"]
    me = operator(service)
    left = sorted(others - {admin.id for admin in admins}) + [admin.id for admin in admins]
    for user_id in left[:-1]:
        users.update(service, me, users.find(service, me, user_id), CALLER, name=None, email_verified=True, status="disabled")
    last = users.find(service, me, left[-1])
    with pytest.raises(LastAdministrator):
        users.update(service, me, last, CALLER, name=None, email_verified=True, status="disabled")
    with pytest.raises(LastAdministrator):
        user_roles.unassign(service, me, last, ADMIN, CALLER)
    assert users.find(service, me, last.id) == last


def test_what_changed_meanwhile_is_a_conflict(stack: Stack, service: Service) -> None:
    clerk = user_with(stack, "orders:read")
    me = operator(service)
    before = users.find(service, me, clerk.id)
    users.end_sessions(service, me, before, CALLER)
    with pytest.raises(Conflict):
        users.end_sessions(service, me, before, CALLER)
    new_role(stack, Role("", "", ("orders:write",)))
    with pytest.raises(Conflict):
        put_role(service, me, Role("another", "", ("orders:write",)), CALLER)
    with pytest.raises(Conflict):
        replace_all(service, me, {}, CALLER)
    with pytest.raises(Conflict):
        user_roles.assign(service, me, users.find(service, me, clerk.id), ADMIN, CALLER)


def test_caps_and_built_in_roles_are_the_same_for_an_operator(stack: Stack, service: Service) -> None:
    names = [new_role(stack, Role("", "", (f"orders:{number}",))) for number in range(21)]
    me, user = operator(service), user_with_roles(stack, *names[:20])
    with pytest.raises(TooManyRoles):
        user_roles.assign(service, me, users.find(service, me, user.id), names[20], CALLER)
    with pytest.raises(NotFound):
        user_roles.assign(service, me, users.find(service, me, user.id), "no-such-role", CALLER)
    with pytest.raises(BuiltInRole):
        put_role(service, me, Role(ADMIN), CALLER)
    with pytest.raises(NotFound):
        users.find(service, me, ARN)


def test_a_user_learns_that_it_was_an_operator_and_not_which(stack: Stack, service: Service) -> None:
    user, me = user_with(stack, "orders:read"), operator(service)
    found = users.find(service, me, user.id)
    users.update(service, me, found, CALLER, name="Ada", email_verified=True, status="active")
    (shown,) = [event for event in user.trail() if event["event"] == Event.PROFILE_UPDATED]
    assert (shown["ip"], shown["user_agent"]) == (None, None)
    exported = user.call("GET", "/export").json()["security_events"]
    assert [event["actor_id"] for event in exported if event["event"] == Event.PROFILE_UPDATED] == ["operator"]
    assert [event["actor_id"] for event in exported if event["event"] == Event.SIGN_IN_SUCCEEDED] == [user.id]
    assert ARN not in str((shown, exported))


def test_administrators_find_what_an_operator_did(stack: Stack, service: Service) -> None:
    user, admin = user_with(stack, "orders:read"), administrator(stack)
    put_role(service, operator(service), Role("of-the-operator"), CALLER)
    me = operator(service)
    found = users.find(service, me, user.id)
    users.update(service, me, found, CALLER, name="Ada", email_verified=True, status="active")
    events = admin.admin("GET", f"/audit?actor_id={ARN}&limit=2").json()["items"]
    assert [(event["event"], event["user_id"], event["role"], event["actor_id"]) for event in events] == [
        (Event.PROFILE_UPDATED, user.id, None, ARN),
        (Event.ROLE_CREATED, None, "of-the-operator", ARN),
    ]
    assert admin.admin("GET", f"/audit?actor_id={ARN}&event=role.created&limit=1").json()["items"] == [events[1]]


@pytest.mark.parametrize("actor", ["arn:", "arn:aws iam", "arn:é", f"arn:{'x' * 2045}", "root", "OPERATORS", "LOCAL"])
def test_an_actor_that_can_be_none_is_malformed(stack: Stack, actor: str) -> None:
    assert administrator(stack).admin("GET", f"/audit?actor_id={actor}").status == 422


def test_an_event_belongs_to_somebody(service: Service) -> None:
    with pytest.raises(ValueError, match="belongs to"):
        service.audit.event(Event.ROLE_CREATED, CALLER)
