"""Every kind of request that touches the tables, made ready so that a test can send it when it wants."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gatepost.access.roles import Role
from local.events import Response
from tests.integration.accounts import mailed_code, start_code, use_code
from tests.integration.administrators import administrator, new_role, user_with, user_with_roles
from tests.integration.api_keys import new_api_key
from tests.integration.browsers import signed_in_browser
from tests.integration.inside import forget_rotation
from tests.support import PASSWORD, Api, new_email

NEW_PASSWORD = f"{PASSWORD}, but new"


@dataclass(frozen=True)
class Flow:
    """A request, and the status of its success. Whoever sends it again after a success may get another one."""

    name: str
    success: int
    prepare: Callable[[Api], Callable[[], Response]]


def _register(api: Api) -> Callable[[], Response]:
    email = new_email()
    return lambda: api.register(email)


def _resend(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.register(email)
    return lambda: api.post("/resend-verification", {"email": email})


def _verify(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    return lambda: api.post("/verify-email", {"token": token, "password": PASSWORD})


def _login(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    return lambda: api.login(email)


def _start_code(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    return lambda: start_code(api, email)


def _use_digits(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    digits, _ = mailed_code(api, email)
    return lambda: use_code(api, email, digits)


def _use_link(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    _, token = mailed_code(api, email)
    return lambda: use_code(api, None, token)


def _forgot(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    return lambda: api.post("/password/forgot", {"email": email})


def _reset(api: Api) -> Callable[[], Response]:
    email = new_email()
    api.sign_up(email)
    api.post("/password/forgot", {"email": email})
    token = api.mailed_token(email)
    return lambda: api.post("/password/reset", {"token": token, "new_password": NEW_PASSWORD})


def _refresh(api: Api) -> Callable[[], Response]:
    token = api.sign_up()["refresh_token"]
    return lambda: api.refresh(token)


def _log_out(api: Api) -> Callable[[], Response]:
    token = api.sign_up()["refresh_token"]
    return lambda: api.post("/logout", {"refresh_token": token})


def _by_cookie(path: str) -> Callable[[Api], Callable[[], Response]]:
    """A request of a browser whose refresh token is in its cookie."""

    def prepare(api: Api) -> Callable[[], Response]:
        browser = signed_in_browser(api.stack)
        return lambda: browser.post(path)

    return prepare


def _accept_invitation(api: Api) -> Callable[[], Response]:
    email = new_email()
    role = new_role(api.stack, Role("", "", ("orders:read",)))
    assert administrator(api.stack).admin("POST", "/users", {"email": email, "roles": [role], "invite": True}).status == 201
    token = api.mailed_token(email)
    return lambda: api.post("/accept-invitation", {"token": token, "password": PASSWORD})


def _withdraw(api: Api) -> Callable[[], Response]:
    me = administrator(api.stack)
    invited = me.admin("POST", "/users", {"email": new_email(), "invite": True}).json()
    return lambda: me.admin("DELETE", f"/users/{invited['id']}")


def _make_user(invite: bool) -> Callable[[Api], Callable[[], Response]]:
    def prepare(api: Api) -> Callable[[], Response]:
        me, body = administrator(api.stack), {"email": new_email(), "invite": invite}
        return lambda: me.admin("POST", "/users", body)

    return prepare


def _complete_email_change(api: Api) -> Callable[[], Response]:
    email = new_email()
    token = api.sign_up()["access_token"]
    api.call("POST", "/v1/me/email", {"new_email": email, "password": PASSWORD}, token=token)
    mailed = api.mailed_token(email)
    return lambda: api.post("/verify-email", {"token": mailed, "password": PASSWORD})


def _signed_in(method: str, path: str, body: Any = None) -> Callable[[Api], Callable[[], Response]]:
    """A request of a signed-in user who has another session, whose id stands for {} in the path."""

    def prepare(api: Api) -> Callable[[], Response]:
        email = new_email()
        other, here = api.sign_up(email), api.login(email).json()
        sent = {"new_email": new_email(), "password": PASSWORD} if body == "email" else body
        return lambda: api.call(method, path.replace("{}", other["session_id"]), sent, token=here["access_token"])

    return prepare


def _administered(method: str, path: str, body: Any = None) -> Callable[[Api], Callable[[], Response]]:
    """A request of an administrator, with the name of a role that is there for {} in the path, and the id of a user who has
    it for {user}.
    """

    def prepare(api: Api) -> Callable[[], Response]:
        me, role = administrator(api.stack), new_role(api.stack, Role("", "Sees orders.", ("orders:read",)))
        user = user_with_roles(api.stack, role) if "{user}" in path else me
        return lambda: me.admin(method, path.replace("{}", role).replace("{user}", user.id), body)

    return prepare


def _of_client(method: str, path: str = "", body: Any = None) -> Callable[[Api], Callable[[], Response]]:
    """A request of an administrator about a confidential client that is there."""

    def prepare(api: Api) -> Callable[[], Response]:
        me = administrator(api.stack)
        client_id = me.admin("POST", "/clients", CLIENT).json()["client_id"]
        return lambda: me.admin(method, f"/clients/{client_id}{path}", body)

    return prepare


def _create_client(api: Api) -> Callable[[], Response]:
    me, key = administrator(api.stack), new_email()
    return lambda: me.admin("POST", "/clients", CLIENT, headers={"idempotency-key": key})


def _create_api_key(api: Api) -> Callable[[], Response]:
    me, key = user_with(api.stack, "orders:read"), new_email()
    body = {"name": "deploy", "permissions": ["orders:read"]}
    return lambda: me.call("POST", "/api-keys", body, headers={"idempotency-key": key})


def _of_api_key(method: str, path: str = "") -> Callable[[Api], Callable[[], Response]]:
    """A request of a user who has an API key, whose id stands for {} in the path."""

    def prepare(api: Api) -> Callable[[], Response]:
        me = user_with(api.stack, "orders:read")
        key = new_api_key(me, "orders:read")
        return lambda: me.call(method, f"/api-keys{path}".replace("{}", key.id))

    return prepare


def _exchange_api_key(api: Api) -> Callable[[], Response]:
    return new_api_key(user_with(api.stack, "orders:read"), "orders:read").exchange


def _by_api_key(api: Api) -> Callable[[], Response]:
    token = new_api_key(user_with(api.stack, "orders:read"), "orders:read").access_token()
    return lambda: api.me(token)


def _rotate_keys(api: Api) -> Callable[[], Response]:
    me = administrator(api.stack)
    forget_rotation(api.stack)
    return lambda: me.admin("POST", "/keys/rotate")


CLIENT = {"name": "Orders", "type": "confidential", "redirect_uris": ["https://orders.example.com/callback"]}
FLOWS = [
    Flow("register", 202, _register),
    Flow("resend verification", 202, _resend),
    Flow("verify e-mail", 200, _verify),
    Flow("accept an invitation", 200, _accept_invitation),
    Flow("log in", 200, _login),
    Flow("ask for a code", 202, _start_code),
    Flow("sign in with digits", 200, _use_digits),
    Flow("sign in with a link", 200, _use_link),
    Flow("forgot password", 202, _forgot),
    Flow("reset password", 204, _reset),
    Flow("refresh", 200, _refresh),
    Flow("log out", 204, _log_out),
    Flow("refresh by cookie", 200, _by_cookie("/refresh")),
    Flow("log out by cookie", 204, _by_cookie("/logout")),
    Flow("read profile", 200, _signed_in("GET", "/v1/me")),
    Flow("rename", 200, _signed_in("PATCH", "/v1/me", {"name": "Ada"})),
    Flow(
        "change password",
        204,
        _signed_in("POST", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
    ),
    Flow("change e-mail", 202, _signed_in("POST", "/v1/me/email", "email")),
    Flow("complete e-mail change", 204, _complete_email_change),
    Flow("list sessions", 200, _signed_in("GET", "/v1/me/sessions")),
    Flow("end a session", 204, _signed_in("DELETE", "/v1/me/sessions/{}")),
    Flow("end other sessions", 204, _signed_in("DELETE", "/v1/me/sessions")),
    Flow("read audit trail", 200, _signed_in("GET", "/v1/me/audit")),
    Flow("create an API key", 201, _create_api_key),
    Flow("list API keys", 200, _of_api_key("GET")),
    Flow("delete an API key", 204, _of_api_key("DELETE", "/{}")),
    Flow("exchange an API key", 200, _exchange_api_key),
    Flow("read profile by API key", 200, _by_api_key),
    Flow("export", 200, _signed_in("GET", "/v1/me/export")),
    Flow("erase account", 204, _signed_in("DELETE", "/v1/me", {"password": PASSWORD})),
]
ADMIN_FLOWS = [
    Flow("list users", 200, _administered("GET", "/users?email=user-")),
    Flow("search users", 200, _administered("GET", "/users?status=active&role={}")),
    Flow("invite a user", 201, _make_user(invite=True)),
    Flow("create a user", 201, _make_user(invite=False)),
    Flow("withdraw an invitation", 204, _withdraw),
    Flow("read a user", 200, _administered("GET", "/users/{user}")),
    Flow("disable a user", 200, _administered("PATCH", "/users/{user}", {"status": "disabled"})),
    Flow("delete a user", 204, _administered("DELETE", "/users/{user}")),
    Flow("demand a password reset", 202, _administered("POST", "/users/{user}/password-reset")),
    Flow("list a user's sessions", 200, _administered("GET", "/users/{user}/sessions")),
    Flow("end a user's sessions", 204, _administered("DELETE", "/users/{user}/sessions")),
    Flow("assign a role", 204, _administered("PUT", "/users/{user}/roles/user")),
    Flow("assign the role admin", 204, _administered("PUT", "/users/{user}/roles/admin")),
    Flow("unassign a role", 204, _administered("DELETE", "/users/{user}/roles/{}")),
    Flow("list roles", 200, _administered("GET", "/roles")),
    Flow("read a role", 200, _administered("GET", "/roles/{}")),
    Flow("put a role", 200, _administered("PUT", "/roles/{}", {"permissions": ["orders:*"]})),
    Flow("delete a role", 204, _administered("DELETE", "/roles/{}")),
    Flow("list keys", 200, _administered("GET", "/keys")),
    Flow("rotate keys", 202, _rotate_keys),
    Flow("list clients", 200, _administered("GET", "/clients")),
    Flow("create a client", 201, _create_client),
    Flow("read a client", 200, _of_client("GET")),
    Flow("update a client", 200, _of_client("PATCH", body={"name": "Reports"})),
    Flow("rotate a client's secret", 200, _of_client("POST", "/secret")),
    Flow("delete a client", 204, _of_client("DELETE")),
    Flow("search events", 200, _administered("GET", "/audit")),
    Flow("search events by name", 200, _administered("GET", "/audit?event=role.created")),
    Flow("search events by actor", 200, _administered("GET", f"/audit?actor_id={'0' * 32}")),
    Flow("search events by user", 200, _administered("GET", f"/audit?user_id={'0' * 32}")),
    Flow("export events", 200, _administered("GET", "/audit/export")),
]
FLOWS += ADMIN_FLOWS
BY_NAME = {flow.name: flow for flow in FLOWS}
