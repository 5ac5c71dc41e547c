"""What each route answers, and to whom: the rows of `test_route_matrix`. A new route needs a row here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.access.roles import Role
from tests.integration.administrators import Staff, administrator, new_role
from tests.integration.api_keys import new_api_key
from tests.integration.flows import CLIENT
from tests.integration.inside import forget_rotation
from tests.support import PASSWORD, new_email

PUBLIC = "public"  # for everybody, whatever token they send
OWN = "own"  # for the user of an access token, about themselves
NEW_EMAIL = "an address that no other call has"  # in a body


@dataclass(frozen=True)
class Row:
    """A route: who may call it (everybody, a user about themselves, or who has the permission that stands here), and the
    status that they get for `body`.

    `target` makes what the placeholders of the path stand for, for the user who calls; where there are none, it makes the
    call possible.
    """

    access: str
    status: int
    body: Mapping[str, Any] | None = None
    target: Callable[[Staff], str | tuple[str, ...]] | None = None

    def new_body(self) -> dict[str, Any] | None:
        """Return the body for one call."""
        if self.body is None:
            return None
        return {name: new_email() if value == NEW_EMAIL else value for name, value in self.body.items()}


def _role(me: Staff) -> str:
    return new_role(me.api.stack, Role(""))


def _user(me: Staff) -> str:
    return str(me.api.sign_up()["user"]["id"])


def _user_and_role(me: Staff) -> tuple[str, str]:
    return _user(me), _role(me)


def _client(me: Staff) -> str:
    """A client of somebody's, which any who may change clients may change."""
    return str(administrator(me.api.stack).admin("POST", "/clients", CLIENT).json()["client_id"])


def _session(me: Staff) -> str:
    return me.login().session_id


def _api_key(me: Staff) -> str:
    return new_api_key(me).id


def _no_rotation(me: Staff) -> str:
    forget_rotation(me.api.stack)
    return ""


_CREDENTIALS = {"email": NEW_EMAIL, "password": PASSWORD}

ROWS: dict[tuple[str, str], Row] = {
    # Sign-up and sign-in: what is wrong with these is not who sends them.
    ("POST", "/v1/auth/register"): Row(PUBLIC, 202, _CREDENTIALS),
    ("POST", "/v1/auth/verify-email"): Row(PUBLIC, 400, {"token": "x", "password": PASSWORD}),
    ("POST", "/v1/auth/accept-invitation"): Row(PUBLIC, 400, {"token": "x", "password": PASSWORD}),
    ("POST", "/v1/auth/resend-verification"): Row(PUBLIC, 202, {"email": NEW_EMAIL}),
    ("POST", "/v1/auth/login"): Row(PUBLIC, 401, _CREDENTIALS),
    ("POST", "/v1/auth/api-key"): Row(PUBLIC, 401, {"api_key": "x"}),
    ("POST", "/v1/auth/refresh"): Row(PUBLIC, 401, {"refresh_token": "x"}),
    ("POST", "/v1/auth/logout"): Row(PUBLIC, 204, {"refresh_token": "x"}),
    ("POST", "/v1/auth/password/forgot"): Row(PUBLIC, 202, {"email": NEW_EMAIL}),
    ("POST", "/v1/auth/password/reset"): Row(PUBLIC, 400, {"token": "x", "new_password": f"{PASSWORD}, but new"}),
    ("POST", "/v1/auth/email-code/start"): Row(PUBLIC, 202, {"email": NEW_EMAIL}),
    ("POST", "/v1/auth/email-code/verify"): Row(PUBLIC, 401, {"email": NEW_EMAIL, "code": "123456"}),
    # What anybody may read.
    ("GET", "/.well-known/jwks.json"): Row(PUBLIC, 200),
    ("GET", "/.well-known/gatepost/revocations"): Row(PUBLIC, 200),
    ("GET", "/health"): Row(PUBLIC, 200),
    ("GET", "/health/ready"): Row(PUBLIC, 200),
    # The signed-in user.
    ("GET", "/v1/me"): Row(OWN, 200),
    ("PATCH", "/v1/me"): Row(OWN, 200, {"name": "Ada"}),
    ("DELETE", "/v1/me"): Row(OWN, 204, {"password": PASSWORD}),
    ("GET", "/v1/me/export"): Row(OWN, 200),
    ("POST", "/v1/me/password"): Row(OWN, 204, {"current_password": PASSWORD, "new_password": f"{PASSWORD}, but new"}),
    ("POST", "/v1/me/email"): Row(OWN, 202, {"new_email": NEW_EMAIL, "password": PASSWORD}),
    ("GET", "/v1/me/sessions"): Row(OWN, 200),
    ("DELETE", "/v1/me/sessions"): Row(OWN, 204),
    ("DELETE", "/v1/me/sessions/{session_id}"): Row(OWN, 204, target=_session),
    ("GET", "/v1/me/api-keys"): Row(OWN, 200),
    ("POST", "/v1/me/api-keys"): Row(OWN, 201, {"name": "of a test", "permissions": []}),
    ("DELETE", "/v1/me/api-keys/{api_key_id}"): Row(OWN, 204, target=_api_key),
    ("GET", "/v1/me/audit"): Row(OWN, 200),
    # Users. Those who are administered hold nothing, so that whoever has the permission may change them.
    ("GET", "/v1/admin/users"): Row("users:read", 200),
    ("POST", "/v1/admin/users"): Row("users:write", 201, {"email": NEW_EMAIL}),
    ("GET", "/v1/admin/users/{user_id}"): Row("users:read", 200, target=_user),
    ("PATCH", "/v1/admin/users/{user_id}"): Row("users:write", 200, {"name": "Ada"}, _user),
    ("DELETE", "/v1/admin/users/{user_id}"): Row("users:write", 204, target=_user),
    ("POST", "/v1/admin/users/{user_id}/password-reset"): Row("users:write", 202, target=_user),
    ("GET", "/v1/admin/users/{user_id}/sessions"): Row("sessions:write", 200, target=_user),
    ("DELETE", "/v1/admin/users/{user_id}/sessions"): Row("sessions:write", 204, target=_user),
    ("PUT", "/v1/admin/users/{user_id}/roles/{role}"): Row("roles:assign", 204, target=_user_and_role),
    ("DELETE", "/v1/admin/users/{user_id}/roles/{role}"): Row("roles:assign", 204, target=_user_and_role),
    # Roles.
    ("GET", "/v1/admin/roles"): Row("roles:read", 200),
    ("GET", "/v1/admin/roles/{name}"): Row("roles:read", 200, target=_role),
    ("PUT", "/v1/admin/roles/{name}"): Row("roles:write", 200, {"description": "of a test"}, _role),
    ("DELETE", "/v1/admin/roles/{name}"): Row("roles:write", 204, target=_role),
    # OAuth clients.
    ("GET", "/v1/admin/clients"): Row("clients:read", 200),
    ("POST", "/v1/admin/clients"): Row("clients:write", 201, CLIENT),
    ("GET", "/v1/admin/clients/{client_id}"): Row("clients:read", 200, target=_client),
    ("PATCH", "/v1/admin/clients/{client_id}"): Row("clients:write", 200, {"name": "of a test"}, _client),
    ("DELETE", "/v1/admin/clients/{client_id}"): Row("clients:write", 204, target=_client),
    ("POST", "/v1/admin/clients/{client_id}/secret"): Row("clients:write", 200, target=_client),
    # Security events.
    ("GET", "/v1/admin/audit"): Row("audit:read", 200),
    ("GET", "/v1/admin/audit/export"): Row("audit:read", 200),
    # Signing keys.
    ("GET", "/v1/admin/keys"): Row("keys:read", 200),
    ("POST", "/v1/admin/keys/rotate"): Row("keys:write", 202, target=_no_rotation),
}
# What of a user's own an API key of theirs gets; it may mint no keys, change no credentials and see no sessions (Z-07).
OWN_BY_API_KEY = {("GET", "/v1/me")}
# What each admin route asks for.
PERMISSIONS = {route: row.access for route, row in ROWS.items() if row.access not in (PUBLIC, OWN)}
