"""Guesses at a password or code: reserved before it is looked at, taken back if it was right.

An account and a client address each have their limit; both are asked side by side, and a guess counts with both or with
none. Counting only after the look would let parallel guesses through.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from gatepost import limits
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import verify_password
from gatepost.errors import InvalidCredentials, RateLimited
from gatepost.limits import Reservation
from gatepost.service import Service
from gatepost.storage.table import together
from gatepost.storage.users import User


def reservations(
    service: Service, email_digest: bytes, caller: Caller
) -> tuple[Callable[[], Reservation | RateLimited], Callable[[], Reservation | RateLimited]]:
    """Return the two calls that reserve a guess for the account with this address (existing or not) and for the client."""
    db, table = service.db, service.settings.sessions_table
    return (
        lambda: limits.try_reserve(db, table, service.limits.account_failures, limits.account(email_digest)),
        lambda: limits.try_reserve(db, table, service.limits.address_failures, limits.client_address(caller.ip)),
    )


def accepted(service: Service, outcomes: Iterable[Reservation | RateLimited]) -> Sequence[Reservation]:
    """Return the reservations that the calls made.

    Raises:
        RateLimited: if one was refused; the other is taken back.
    """
    return limits.all_or_none(service.db, service.settings.sessions_table, *outcomes)


def refunds(service: Service, guess: Iterable[Reservation]) -> list[Callable[[], None]]:
    """Return the calls that take a guess back."""
    return [partial(limits.refund, service.db, service.settings.sessions_table, reservation) for reservation in guess]


def check_password(service: Service, user: User, password: str, caller: Caller) -> None:
    """Check the password of a signed-in user before something that needs more than a session.

    Raises:
        InvalidCredentials: it's wrong.
        RateLimited: too many wrong ones, here or at sign-in.
    """
    guess = accepted(service, together(*reservations(service, user.email_digest, caller)))
    if not verify_password(password, user.password_hash):
        service.db.write(service.audit.event(Event.PASSWORD_CHECK_FAILED, caller, user_id=user.id, reason="wrong_password"))
        raise InvalidCredentials("The password is wrong.")
    together(*refunds(service, guess))
