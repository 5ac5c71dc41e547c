"""Every kind of item that this service writes, made by calls of its API; and what their users and clients hold of them.

Each user has one purpose, so that what is done with one leaves the others as they are.
"""

from typing import Any

import time_machine

from gatepost.access.roles import ADMIN
from local.stack import Stack
from tests.integration.accounts import WRONG, forgot, mailed_change, mailed_code, new_user, start_code
from tests.integration.administrators import Staff
from tests.integration.api_keys import new_api_key
from tests.integration.ses_feedback import bounce, give
from tests.support import ISSUER, OTHER_AUDIENCE, PARAMETERS, PASSWORD, Api

CLIENT = {"name": "Orders", "type": "confidential", "redirect_uris": ["https://orders.example.com/callback"]}
ROLES = {
    "reader": {"description": "Reads orders.", "permissions": ["orders:read"]},
    "clerk": {"description": "Takes orders.", "permissions": ["orders:write"], "includes": ["reader"]},
}


def write_every_kind(stack: Stack, clock: time_machine.Traveller) -> dict[str, Any]:
    """Write them; return what is held."""
    admin = _administration(stack)
    return {
        "administrator": {"email": admin.email, "refresh_token": admin.refresh_token},
        **_keys(stack, admin),
        **_clients(admin),
        **_accounts(stack, admin, clock),
        **_what_waits_for_mails(stack, admin),
        **_mails(stack),
    }


def _administration(stack: Stack) -> Staff:
    api, email = Api(stack), PARAMETERS["FirstAdminEmail"]
    body = {"token": api.mailed_token(email), "password": PASSWORD, "audience": ISSUER}
    admin = Staff(api, email, PASSWORD, api.post("/accept-invitation", body).json())
    for name, role in ROLES.items():
        assert admin.admin("PUT", f"/roles/{name}", role).status in (200, 201)
    return admin


def _keys(stack: Stack, admin: Staff) -> dict[str, Any]:
    """A ring of which a key was removed, and in which a rotation waits."""
    signing, standby = (key["kid"] for key in admin.admin("GET", "/keys").json()["items"])
    asked_by = {"operator": "local", "ip": "", "user_agent": "recording", "request_id": "removal"}
    assert stack.functions["KeysFunction"].invoke({"remove": standby, "asked_by": asked_by}) == {"refused": None}
    assert admin.admin("POST", "/keys/rotate").status == 202
    return {"signing_key": signing}


def _clients(admin: Staff) -> dict[str, Any]:
    created = admin.admin("POST", "/clients", CLIENT, headers={"idempotency-key": "once"}).json()
    rotated = admin.admin("POST", f"/clients/{created['client_id']}/secret").json()
    return {"client": {"id": created["client_id"], "secrets": [created["client_secret"], rotated["client_secret"]]}}


def _accounts(stack: Stack, admin: Staff, clock: time_machine.Traveller) -> dict[str, Any]:
    ada = new_user(stack, "Ada@example.com", name="Ada")
    assert admin.admin("PUT", f"/users/{ada.id}/roles/clerk").status == 204
    ada = ada.login(device_name="phone", audience=OTHER_AUDIENCE)
    clock.shift(1)
    ada = ada.refreshed()
    key, unused = new_api_key(ada, "orders:read"), new_api_key(ada)
    assert key.exchange().status == 200
    assert Api(stack).login(ada.email, WRONG).status == 401

    gone = new_user(stack, "gone@example.com")
    assert gone.api.post("/logout", {"refresh_token": gone.refresh_token}).status == 204
    disabled = new_user(stack, "disabled@example.com")
    assert admin.admin("PATCH", f"/users/{disabled.id}", {"status": "disabled"}).status == 200
    bounced = new_user(stack, "bounced@example.com")
    assert give(stack, bounce(bounced.email)) == 1
    assert Api(stack).login("nobody@example.com", WRONG).status == 401
    return {
        "ada": {"id": ada.id, "refresh_token": ada.refresh_token, "access_token": ada.access_token},
        "api_keys": [key.text, unused.text],
        "ended": {"refresh_token": gone.refresh_token, "access_token": gone.access_token},
        "disabled": disabled.id,
        "bounced": bounced.id,
    }


def _what_waits_for_mails(stack: Stack, admin: Staff) -> dict[str, Any]:
    api = Api(stack)
    assert api.register("attempt@example.com", name="Gil").status == 202
    assert api.post("/resend-verification", {"email": "attempt@example.com"}).status == 202
    invited = {"email": "invited@example.com", "name": "Hal", "roles": ["reader"], "invite": True}
    assert admin.admin("POST", "/users", invited).status == 201
    forgetful, moving, coded = (new_user(stack, f"{name}@example.com") for name in ("forgetful", "moving", "coded"))
    forgot(api, forgetful.email)
    digits, _ = mailed_code(api, coded.email)
    return {
        "attempt": api.mailed_token("attempt@example.com"),
        "invitation": api.mailed_token("invited@example.com"),
        "password_reset": api.mailed_token(forgetful.email),
        "email_change": mailed_change(moving, "moved@example.com"),
        "digits": digits,
    }


def _mails(stack: Stack) -> dict[str, Any]:
    """One that is still to be sent, ones that were, and such as go to nobody: to addresses that have no account or have one."""
    stack.deliver()
    api = Api(stack)
    assert start_code(api, "nobody@example.com").status == 202
    assert forgot(api, "nobody@example.com").status == 202
    assert api.register("disabled@example.com").status == 202
    return {"unsent_to": "disabled@example.com", "administrators": [ADMIN]}
