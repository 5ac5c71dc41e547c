"""Every door that takes a user's password."""

from dataclasses import dataclass

from local.events import Response
from tests.integration.accounts import NEW_PASSWORD, User, mailed_change
from tests.support import Api, new_email


@dataclass(frozen=True)
class Doors:
    """A user and all the doors that take their password; through each it's given from a client address of its own."""

    user: User
    change_token: str

    @classmethod
    def of(cls, user: User) -> "Doors":
        """Return the doors of `user`, who begins a change of address for one of them."""
        return cls(user, mailed_change(user, new_email()))

    def open(self, name: str, password: str) -> Response:
        """Give a password at a door."""
        api, user = Api(self.user.api.stack), self.user
        bodies = {
            "password": ("POST", "/v1/me/password", {"current_password": password, "new_password": NEW_PASSWORD}),
            "email": ("POST", "/v1/me/email", {"new_email": new_email(), "password": password}),
            "erase": ("DELETE", "/v1/me", {"password": password}),
            "login": ("POST", "/v1/auth/login", {"email": user.email, "password": password}),
            "spelling": ("POST", "/v1/auth/login", {"email": user.email.upper(), "password": password}),
            "verify": ("POST", "/v1/auth/verify-email", {"token": self.change_token, "password": password}),
        }
        method, path, body = bodies[name]
        return api.call(method, path, body, token=user.access_token if path.startswith("/v1/me") else None)


NAMES = ["login", "spelling", "verify", "password", "email", "erase"]
SUCCESSES = {"login": 200, "spelling": 200, "verify": 204, "password": 204, "email": 202, "erase": 204}
