"""What is done to a role leaves its event once, with who did it and to which role (Z-14)."""

from gatepost.audit import Event
from gatepost.storage import keys
from local.stack import Stack
from tests.integration.administrators import Staff, administrator, user_with
from tests.integration.tables import items

NAME = "role-of-the-events"


def left_by(me: Staff) -> list[tuple[str, str]]:
    """Return event and result of what `me` did to the role, oldest first; checks what all of them tell."""
    of_roles = items(me.api, "AuditTable", "actor_id = :actor AND begins_with(event, :kind)", actor=me.id, kind="role.")
    for item in of_roles:
        assert item["role"] == NAME
        assert item["pk"] == keys.audit_trail_of_user(me.id)
        assert (item["user_id"], item["ip"]) == (me.id, me.api.ip)
    return [(item["event"], item["result"]) for item in sorted(of_roles, key=lambda item: item["sk"])]


def test_z14_each_change_of_a_role_leaves_one_event_that_names_it(stack: Stack) -> None:
    me = administrator(stack)
    made = me.admin("PUT", f"/roles/{NAME}", {"permissions": ["orders:read"]})
    assert left_by(me) == [(Event.ROLE_CREATED, "success")]
    me.admin("PUT", f"/roles/{NAME}", {"permissions": ["orders:write"]})
    me.admin("DELETE", f"/roles/{NAME}")
    events = [Event.ROLE_CREATED, Event.ROLE_UPDATED, Event.ROLE_DELETED]
    assert left_by(me) == [(event, "success") for event in events]

    shown = [event for event in me.trail() if event["role"] == NAME]
    assert sorted(event["event"] for event in shown) == sorted(events)
    assert made.header("x-request-id") in [event["request_id"] for event in shown]


def test_z14_what_is_refused_or_only_read_leaves_none(stack: Stack) -> None:
    manager = user_with(stack, "roles:*")
    manager.admin("GET", "/roles")
    manager.admin("GET", f"/roles/{NAME}")
    manager.admin("PUT", f"/roles/{NAME}", {"permissions": ["orders:read"]})
    manager.admin("PUT", f"/roles/{NAME}", {"includes": [NAME]})
    manager.admin("PUT", "/roles/admin", {})
    manager.admin("DELETE", f"/roles/{NAME}")
    assert not left_by(manager)
