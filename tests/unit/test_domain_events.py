"""What becomes of a security event for others: whether it's published, as what, and what is in it."""

import json
from typing import Any

import pytest

from gatepost.audit import Event
from gatepost.domain_events.announcement import NotYetKnown, announcement
from gatepost.domain_events.catalogue import PUBLISHED, UNPUBLISHED

ISSUER = "https://auth.example.com"
USER, ADMIN, SESSION, KEY = "a" * 32, "b" * 32, "c" * 32, "d" * 48
ARN = "arn:aws:sts::123456789012:assumed-role/operators/ada@example.com"
ALWAYS = {"version", "id", "type", "at", "issuer", "request_id", "actor"}
# The name by which others know it, how it came about, and which sessions are over. What is taken away here is a broken promise.
PROMISED = {
    "user.registered": ("user.registered", "address_verified", None),
    "user.invitation_accepted": ("user.registered", "invitation_accepted", None),
    "user.created": ("user.created", None, None),
    "user.imported": ("user.imported", None, None),
    "user.restored": ("user.restored", None, "all"),
    "user.invited": ("user.invited", None, None),
    "user.invitation_withdrawn": ("user.invitation_withdrawn", None, None),
    "user.profile_updated": ("user.profile_updated", None, None),
    "email.changed": ("user.email_changed", None, None),
    "email.bounced": ("user.mail_stopped", "bounced", None),
    "email.complained": ("user.mail_stopped", "complained", None),
    "email.resumed": ("user.mail_resumed", None, None),
    "password.changed": ("user.password_changed", "changed", "others"),
    "password.reset": ("user.password_changed", "reset", "all"),
    "password.reset_demanded": ("user.password_reset_demanded", None, "all"),
    "user.disabled": ("user.disabled", None, "all"),
    "user.enabled": ("user.enabled", None, None),
    "user.deleted": ("user.deleted", None, "all"),
    "sign_in.succeeded": ("session.created", None, None),
    "session.signed_out": ("session.revoked", "signed_out", "one"),
    "session.ended": ("session.revoked", "ended", "one"),
    "session.displaced": ("session.revoked", "displaced", "one"),
    "session.refresh_token_reused": ("session.revoked", "refresh_token_reused", "one"),
    "session.others_ended": ("session.revoked", "others_ended", "others"),
    "session.all_ended": ("session.revoked", "all_ended", "all"),
    "role.assigned": ("role.assigned", None, None),
    "role.unassigned": ("role.unassigned", None, None),
    "role.created": ("role.created", None, None),
    "role.updated": ("role.updated", None, None),
    "role.deleted": ("role.deleted", None, None),
    "client.created": ("client.created", None, None),
    "client.updated": ("client.updated", None, None),
    "client.secret_rotated": ("client.secret_rotated", None, None),
    "client.deleted": ("client.deleted", None, None),
    "api_key.created": ("api_key.created", None, None),
    "api_key.deleted": ("api_key.deleted", None, None),
    "signing_keys.rotation_requested": ("signing_key.rotation_requested", None, None),
    "signing_keys.key_removed": ("signing_key.removed", None, None),
}
KEPT = {
    "registration.requested",
    "registration.verification_resent",
    "password.reset_requested",
    "password.check_failed",
    "email.change_requested",
    "sign_in.email_code_requested",
    "sign_in.failed",
    "api_key.refused",
}


def item(event: str, **attributes: Any) -> dict[str, Any]:
    """A security event as the table has it, with all that any has."""
    common = {
        "pk": f"USER#{USER}",
        "sk": f"2026-11-23T08:30:00.250Z#{'e' * 32}",
        "id": "e" * 32,
        "event": event,
        "at_ms": 1_795_422_600_250,
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0",
        "request_id": "request-1",
        "result": "success",
        "expires_at": 1_900_000_000,
        "shard": "SHARD#0",
        "event_shard": f"{event}#0",
        "user_id": USER,
        "actor_id": ADMIN,
        "session_id": SESSION,
        "role": "clerk auditor",
        "client_id": "f" * 32,
        "api_key_id": KEY,
        "kid": "key-1",
        "reason": "old_refresh_token_presented",
    }
    return {name: value for name, value in (common | attributes).items() if value is not None}


def told(event: str, **attributes: Any) -> dict[str, Any]:
    entry = announcement(item(event, **attributes), ISSUER)
    assert entry is not None
    detail: dict[str, Any] = json.loads(entry.detail)
    assert detail["type"] == entry.type
    return detail


def test_every_security_event_is_published_or_said_not_to_be() -> None:
    assert PUBLISHED.keys() | UNPUBLISHED.keys() == set(Event)
    assert {str(event) for event in PUBLISHED} == PROMISED.keys()
    assert {str(event) for event in UNPUBLISHED} == KEPT
    assert not PUBLISHED.keys() & UNPUBLISHED.keys()
    assert all(len(why) > 30 for why in UNPUBLISHED.values())


@pytest.mark.parametrize("event", PROMISED)
def test_it_has_its_name_its_reason_and_what_it_ends(event: str) -> None:
    detail = told(event)
    assert (detail["type"], detail.get("reason"), detail.get("sessions_ended")) == PROMISED[event]
    assert detail.keys() >= ALWAYS
    assert {detail["id"], detail["at"], detail["issuer"]} == {"e" * 32, "2026-11-23T08:30:00.250Z", ISSUER}


@pytest.mark.parametrize("event", sorted(KEPT))
def test_an_attempt_is_not_published(event: str) -> None:
    assert announcement(item(event), ISSUER) is None


@pytest.mark.parametrize("event", PROMISED)
def test_z13_no_address_and_no_operators_name_is_in_it(event: str) -> None:
    text = json.dumps(told(event, actor_id=ARN))
    assert not [secret for secret in ("203.0.113.7", "Mozilla", "arn:", "@", "123456789012") if secret in text]
    assert told(event, actor_id=ARN)["actor"] == "operator"
    assert told(event, actor_id="local")["actor"] == "operator"
    assert "actor" not in told(event, actor_id=None)


@pytest.mark.parametrize("event", ["role.created", "client.deleted", "signing_keys.rotation_requested"])
def test_what_is_about_no_user_names_none(event: str) -> None:
    """Though its security event is in the trail of who did it."""
    detail = told(event)
    assert detail["actor"] == ADMIN
    assert "user_id" not in detail


def test_the_key_by_which_something_was_done_is_not_told() -> None:
    assert "api_key_id" not in told("user.disabled")
    assert told("api_key.created")["api_key_id"] == KEY


def test_roles_are_a_list() -> None:
    assert told("role.updated")["roles"] == ["clerk", "auditor"]
    assert told("user.created", role="clerk")["roles"] == ["clerk"]
    assert "roles" not in told("user.created", role=None)


def test_mail_of_an_address_without_an_account_is_about_nobody() -> None:
    assert announcement(item("email.bounced", user_id=None), ISSUER) is None


def test_r33_what_was_written_before_sessions_were_told_is_published_without() -> None:
    detail = told("session.signed_out", session_id=None)
    assert (detail["type"], detail["user_id"], detail["sessions_ended"]) == ("session.revoked", USER, "one")
    assert "session_id" not in detail


def test_r33_what_newer_code_has_put_beside_it_is_passed_over() -> None:
    newer = told("user.disabled", passkey_id="p", device={"kind": "phone"}, at_most=3, proofs={"otp", "passkey"})
    assert newer == told("user.disabled")


def test_r33_a_kind_of_newer_code_is_not_known_yet() -> None:
    with pytest.raises(NotYetKnown, match="later_version"):
        announcement(item("of_a.later_version"), ISSUER)


@pytest.mark.parametrize("broken", [{}, {"event": "sign_in.succeeded", "user_id": USER}])
def test_what_is_no_security_event_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        announcement(broken, ISSUER)
