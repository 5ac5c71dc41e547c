"""Whether an API key works, asked at its exchange and at every call of this API that its tokens make."""

from gatepost import clock, restores
from gatepost.service import Service
from gatepost.storage.api_keys import ApiKey
from gatepost.storage.users import User


def is_over(service: Service, key: ApiKey, user: User) -> bool:
    """Return whether `key` of `user` is over for good: it has expired, its user got a new password by mail since it was made,
    or it's from before a restore.
    """
    return clock.now() >= key.expires_at or key.epoch != user.api_key_epoch or restores.is_from_before(service, key.created_at)


def refusal(service: Service, key: ApiKey, user: User) -> str | None:
    """Return why `key` of `user` doesn't work right now; None if it does."""
    if is_over(service, key, user):
        return "api_key_over"
    if user.status != "active":
        return "disabled"
    return None if user.email_verified else "unverified"
