"""Invitations: bound to the address, single use, exact expiry, and no more than who invites may give (Z-16, Z-17)."""

from typing import Any

import pytest
from time_machine import Traveller

from gatepost.access.roles import ADMIN, USER, Role
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_TOKEN,
    deployed_with,
    mailed_code,
    mailed_reset,
    new_user,
    outcome,
    reset,
    use_code,
)
from tests.integration.administrators import Staff, administrator, new_role, user_with
from tests.integration.inside import events_of
from tests.opaque import items_in_clear, token_secrets
from tests.support import PASSWORD, Api, new_email, problem, token_of

TAKEN = (409, "email_taken")
NOT_PERMITTED = (403, "not_permitted")
NOT_FOUND = (404, "not_found")
WEEK = 7 * 86_400
MANAGEMENT = ("users:*", "roles:*", "orders:read")


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def invite(me: Staff, email: str | None = None, **more: Any) -> Response:
    return me.admin("POST", "/users", {"email": email or new_email(), "invite": True, **more})


def invited(me: Staff, **more: Any) -> tuple[dict[str, Any], str]:
    """Invite somebody; return what was answered, and the token that was mailed."""
    answer = invite(me, **more)
    assert answer.status == 201, answer.body
    shown: dict[str, Any] = answer.json()
    return shown, me.api.mailed_token(shown["email"])


def accept(api: Api, token: str, password: str = PASSWORD, **more: Any) -> Response:
    return api.post("/accept-invitation", {"token": token, "password": password, **more})


def test_who_accepts_has_the_account_and_the_roles_they_were_invited_to(stack: Stack, me: Staff, api: Api) -> None:
    role = new_role(stack, Role("", "", ("orders:read",)))
    shown, token = invited(me, name="Ada", roles=[USER, role])
    assert shown == me.admin("GET", f"/users/{shown['id']}").json()
    assert (shown["status"], shown["email_verified"], shown["name"], shown["roles"]) == ("invited", False, "Ada", [USER, role])
    assert outcome(api.login(shown["email"])) == (401, "invalid_credentials")

    answer = accept(api, token)
    assert answer.status == 200
    signed_in = answer.json()
    assert (signed_in["status"], signed_in["user"]["id"]) == ("authenticated", shown["id"])
    assert signed_in["user"]["permissions"] == ["orders:read"]
    now = me.admin("GET", f"/users/{shown['id']}").json()
    assert (now["status"], now["email_verified"], now["name"], now["roles"]) == ("active", True, "Ada", [USER, role])
    assert api.login(shown["email"]).status == 200
    assert events_of(api, shown["id"])[:2] == ["user.invited", "user.invitation_accepted"]
    assert [user["id"] for user in me.admin("GET", f"/users?email={shown['email']}").json()["items"]] == [shown["id"]]


def test_the_mail_says_who_it_is_from_and_nothing_that_anybody_wrote(me: Staff) -> None:
    shown, _ = invited(me, name="Click evil.example")
    mail = me.api.mails(shown["email"])[0]
    assert mail.subject == "You are invited to Gatepost"
    assert len(mail.links) == 1
    assert "evil" not in mail.text + mail.html


def test_who_accepts_may_choose_another_name(me: Staff, api: Api) -> None:
    _, token = invited(me, name="Ada")
    assert accept(api, token, name="Grace").json()["user"]["name"] == "Grace"


def test_z16_it_is_good_once(me: Staff, api: Api) -> None:
    _, token = invited(me)
    assert accept(api, token).status == 200
    assert outcome(accept(api, token)) == INVALID_TOKEN


def test_z16_it_expires_after_exactly_a_week(me: Staff, stack: Stack, clock: Traveller) -> None:
    someone = administrator(stack)
    (late, late_token), (_, token) = invited(someone), invited(someone)
    clock.shift(WEEK - 1)
    assert accept(Api(stack), token).status == 200
    clock.shift(1)
    assert outcome(accept(Api(stack), late_token)) == INVALID_TOKEN
    someone = someone.login(audience="https://auth.example.com")
    assert outcome(someone.admin("GET", f"/users/{late['id']}")) == NOT_FOUND
    again, token = invited(someone, email=late["email"])
    assert again["id"] != late["id"]
    assert accept(Api(stack), token).status == 200


def test_z16_only_the_newest_of_an_address_is_good_and_its_id_stays(me: Staff, stack: Stack, api: Api) -> None:
    role = new_role(stack, Role(""))
    first, old = invited(me)
    second, token = invited(me, email=first["email"].upper(), roles=[role])
    assert second["id"] == first["id"]
    assert outcome(accept(api, old)) == INVALID_TOKEN
    assert accept(api, token).json()["user"]["roles"] == [role]


@pytest.mark.parametrize("spoil", ["wrong letter", "cut", "longer", "reset token"])
def test_z16_nothing_else_is_one(me: Staff, stack: Stack, api: Api, spoil: str) -> None:
    _, token = invited(me)
    user = new_user(stack)
    spoilt = {
        "wrong letter": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "cut": token[:-3],
        "longer": f"{token}AAAA",
        "reset token": mailed_reset(user.api, user.email),
    }[spoil]
    assert outcome(accept(api, spoilt)) == INVALID_TOKEN
    assert outcome(reset(api, token)) == INVALID_TOKEN
    assert outcome(api.post("/verify-email", {"token": token, "password": PASSWORD})) == INVALID_TOKEN
    assert accept(api, token).status == 200


@pytest.mark.parametrize("password", ["short", "passwordpassword", "x" * 257])
def test_z17_who_accepts_chooses_a_good_password_before_the_token_is_used(me: Staff, api: Api, password: str) -> None:
    _, token = invited(me)
    assert problem(accept(api, token, password)) == (422, "invalid_request")
    assert accept(api, token).status == 200


@pytest.mark.parametrize(
    "more", [{"password": PASSWORD}, {"password_hash": "x"}, {"status": "active"}, {"roles": "admin"}, {"id": "x"}]
)
def test_z17_who_invites_sets_no_password(me: Staff, more: dict[str, Any]) -> None:
    assert problem(invite(me, **more)) == (422, "invalid_request")


@pytest.mark.parametrize("in_one_go", [True, False])
def test_z16_z02_nobody_invites_to_more_than_they_hold(stack: Stack, me: Staff, in_one_go: bool) -> None:
    manager = user_with(stack, *MANAGEMENT)
    large, small = (new_role(stack, Role("", "", permissions)) for permissions in (("orders:*",), ("orders:read",)))
    for roles in ([large], [small, large], [ADMIN]):
        assert outcome(invite(manager, roles=roles, invite=in_one_go)) == NOT_PERMITTED
    assert invite(manager, roles=[small], invite=in_one_go).status == 201
    assert invite(manager, invite=in_one_go).json()["roles"] == [USER]
    assert problem(invite(manager, roles=["nothing-of-this-name"], invite=in_one_go)) == (422, "invalid_request")


def test_z02_nobody_replaces_or_withdraws_an_invitation_to_more_than_they_hold(stack: Stack, me: Staff, api: Api) -> None:
    manager = user_with(stack, *MANAGEMENT)
    shown, token = invited(me, roles=[new_role(stack, Role("", "", ("orders:*",)))])
    assert outcome(invite(manager, shown["email"])) == NOT_PERMITTED
    assert outcome(manager.admin("DELETE", f"/users/{shown['id']}")) == NOT_PERMITTED
    assert accept(api, token).status == 200


@pytest.mark.parametrize("loss", ["role taken", "disabled", "deleted", "role edited"])
def test_z16_it_gives_nothing_that_who_invited_may_no_longer_give(stack: Stack, me: Staff, api: Api, loss: str) -> None:
    """Else one who foresees to lose a role could invite themselves to it beforehand."""
    own = new_role(stack, Role("", "", ("users:write", "orders:read")))
    manager = user_with(stack, "users:read")
    assert me.admin("PUT", f"/users/{manager.id}/roles/{own}").status == 204
    given = new_role(stack, Role("", "", ("orders:read",)))
    _, token = invited(manager, roles=[given])
    _, harmless = invited(manager)
    match loss:
        case "role taken":
            assert me.admin("DELETE", f"/users/{manager.id}/roles/{own}").status == 204
        case "disabled":
            assert me.admin("PATCH", f"/users/{manager.id}", {"status": "disabled"}).status == 200
        case "deleted":
            assert me.admin("DELETE", f"/users/{manager.id}").status == 204
        case "role edited":
            assert me.admin("PUT", f"/roles/{given}", {"permissions": ["orders:write"]}).status == 200
    assert outcome(accept(api, token)) == INVALID_TOKEN
    assert accept(api, harmless).status == 200


def test_an_address_that_has_an_account_is_told_to_who_may_know_it(stack: Stack, me: Staff, api: Api) -> None:
    user = new_user(stack)
    for body in ({}, {"invite": False}):
        assert outcome(invite(me, user.email.upper(), **body)) == TAKEN
    shown, token = invited(me)
    new_user(stack, shown["email"])  # who registers meanwhile has the address
    assert outcome(accept(api, token)) == INVALID_TOKEN


def test_what_was_registered_before_dies_with_the_acceptance(stack: Stack, me: Staff, api: Api) -> None:
    email = new_email()
    api.register(email, "the password of somebody else")
    registration = api.mailed_token(email)
    shown, token = invited(me, email=email)
    assert accept(api, token).status == 200
    me.admin("DELETE", f"/users/{shown['id']}")
    answer = api.post("/verify-email", {"token": registration, "password": "the password of somebody else"})
    assert outcome(answer) == INVALID_TOKEN


def test_an_invitation_can_be_withdrawn(me: Staff, api: Api) -> None:
    shown, token = invited(me)
    assert me.admin("DELETE", f"/users/{shown['id']}").status == 204
    for method in ("GET", "DELETE"):
        assert outcome(me.admin(method, f"/users/{shown['id']}")) == NOT_FOUND
    assert outcome(accept(api, token)) == INVALID_TOKEN
    assert events_of(api, shown["id"]) == ["user.invited", "user.invitation_withdrawn"]
    assert invited(me, email=shown["email"])[0]["id"] != shown["id"]


def test_an_address_is_invited_five_times_an_hour(me: Staff) -> None:
    email = new_email()
    assert [invite(me, email).status for _ in range(6)] == [201] * 5 + [429]


def test_who_is_invited_to_administer_is_an_administrator(stack: Stack, me: Staff, api: Api) -> None:
    shown, token = invited(me, roles=[ADMIN])
    signed_in = accept(api, token, audience="https://auth.example.com").json()
    newcomer = Staff(api, shown["email"], PASSWORD, signed_in)
    assert newcomer.admin("GET", "/users").status == 200
    (item,) = [each for each in api.table("UsersTable") if each["pk"] == "ADMINISTRATORS" and each["sk"] == "SET"]
    assert shown["id"] in item["ids"]


def test_s22_a_browser_app_may_have_the_refresh_token_in_a_cookie(me: Staff, api: Api) -> None:
    _, token = invited(me)
    answer = accept(api, token, refresh_transport="cookie")
    assert "refresh_token" not in answer.json()
    assert str(answer.header("set-cookie")).startswith("__Host-gatepost_refresh=")


def test_a_user_is_made_at_once_and_listed_and_chooses_a_password_by_mail(me: Staff, api: Api) -> None:
    shown = me.admin("POST", "/users", {"email": new_email(), "name": "Ada"}).json()
    assert (shown["status"], shown["email_verified"], shown["name"]) == ("active", False, "Ada")
    assert shown == me.admin("GET", f"/users/{shown['id']}").json()
    assert me.admin("GET", f"/users?email={shown['email']}").json()["items"] == [shown]
    assert outcome(api.login(shown["email"])) == (401, "invalid_credentials")
    (mail,) = api.mails(shown["email"])
    assert reset(api, token_of(mail)).status == 204
    assert api.login(shown["email"], "an entirely different passphrase").json()["user"]["email_verified"] is True


def test_a_user_who_was_made_at_once_may_come_in_by_a_code_and_has_proven_the_address(me: Staff, api: Api) -> None:
    shown = me.admin("POST", "/users", {"email": new_email()}).json()
    digits, _ = mailed_code(api, shown["email"])
    assert use_code(api, shown["email"], digits).json()["user"]["email_verified"] is True
    assert me.admin("GET", f"/users/{shown['id']}").json()["email_verified"] is True


def test_the_link_that_sets_a_first_password_works_for_a_week(stack: Stack, api: Api, clock: Traveller) -> None:
    me = administrator(stack)
    tokens = [token_of(api.mails(me.admin("POST", "/users", {"email": new_email()}).json()["email"])[0]) for _ in range(2)]
    clock.shift(WEEK - 1)
    assert reset(api, tokens[0]).status == 204
    clock.shift(1)
    assert outcome(reset(api, tokens[1])) == INVALID_TOKEN


def test_i22_nobody_is_made_or_invited_at_a_blocked_domain(stack: Stack, me: Staff) -> None:
    with deployed_with(stack, "AdminFunction", blocked_email_domains="blocked.example"):
        for more in ({}, {"invite": True}):
            answer = me.admin("POST", "/users", {"email": "someone@sub.blocked.example", **more})
            assert problem(answer) == (422, "invalid_request")
            assert answer.json()["errors"][0]["field"] == "email"


def test_z12_one_from_before_the_account_does_not_outlive_it(stack: Stack, me: Staff, api: Api) -> None:
    shown, token = invited(me, roles=[ADMIN])
    user = new_user(stack, shown["email"])
    assert me.admin("DELETE", f"/users/{user.id}").status == 204
    assert outcome(accept(api, token)) == INVALID_TOKEN


def test_z13_an_invitation_is_kept_as_a_digest_until_it_expires(stack: Stack, me: Staff, api: Api) -> None:
    shown, token = invited(me)
    kept = [item for item in api.table("SessionsTable") if shown["id"] in str(item)]
    assert sorted(item["sk"] for item in kept) == ["INVITATION", "INVITATION"]
    assert all(item["expires_at"] for item in kept)
    assert token_of(api.mails(shown["email"])[0]) == token
    secret = token_secrets(token)
    assert not [content for _, content in items_in_clear(stack) if any(spelling in content for spelling in secret)]
