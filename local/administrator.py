"""Who administers a local stack. Apart from `seed`, since that is a heavy import."""

import secrets

ADMINISTRATOR = "admin@example.com"
PASSWORD_VARIABLE = "GATEPOST_ADMIN_PASSWORD"  # noqa: S105 (the name of a variable)


def new_password() -> str:
    """Return a random password of 24 characters."""
    return secrets.token_urlsafe(18)
