"""Guesses at a password or code: reserved before it is looked at, taken back if it was right.

An account and a client address each have their limit; both are asked side by side, and a guess counts with both or with
none. Counting only after the look would let parallel guesses through. A failure of ours is no guess.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from gatepost import limits, telemetry
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import verify_password
from gatepost.errors import InvalidCredentials, Unavailable
from gatepost.limits import Reservation
from gatepost.service import Service
from gatepost.storage.table import together
from gatepost.storage.users import User
from gatepost.telemetry import Metric

_T = TypeVar("_T")


@dataclass
class Guess:
    """A guess that counts until it's taken back. `refunds` are the calls that do so, for side by side with others.

    Once it's `wrong` it counts for good, whatever fails after.
    """

    refunds: tuple[Callable[[], None], ...]
    wrong: bool = False

    def take_back(self) -> None:
        """Count it no more."""
        together(*self.refunds)


@contextmanager
def reserved(service: Service, email_digest: bytes, caller: Caller, *, beside: Callable[[], _T]) -> Iterator[tuple[Guess, _T]]:
    """Reserve a guess for the account with this address (existing or not) and for the client, and read `beside` it.

    The block judges the guess, and takes it back if it was right.

    Raises:
        RateLimited: too many guesses.
        Unavailable: from here or out of the block; the guess doesn't count then, unless it was found wrong.
    """
    db, table = service.db, service.settings.sessions_table
    read, outcomes = limits.ask(
        db,
        table,
        (service.limits.account_failures, limits.account(email_digest)),
        (service.limits.address_failures, limits.client_address(caller.ip)),
        beside=beside,
    )
    reservations: list[Reservation] = limits.all_or_none(db, table, outcomes)
    guess = Guess(tuple(partial(limits.take_back, db, table, each) for each in reservations))
    try:
        yield guess, read
    except Unavailable:
        if not guess.wrong:
            guess.take_back()
        raise
    finally:
        if guess.wrong:
            _count_wrong(reservations)


def _count_wrong(reservations: Iterable[Reservation]) -> None:
    """A lock-out is counted when it begins, by the guess that reaches the limit, and not by each that is refused after."""
    telemetry.count(Metric.SIGN_IN_FAILED)
    for metric, reservation in zip((Metric.ACCOUNT_LOCKED, Metric.ADDRESS_LOCKED), reservations, strict=True):
        if reservation.reaches_limit:
            telemetry.count(metric)


def check_password(service: Service, user: User, password: str, caller: Caller) -> None:
    """Check the password of a signed-in user before something that needs more than a session.

    Raises:
        InvalidCredentials: it's wrong.
        RateLimited: too many wrong ones, here or at sign-in.
    """
    with reserved(service, user.email_digest, caller, beside=lambda: None) as (guess, _):
        if not verify_password(password, user.password_hash):
            guess.wrong = True
            service.db.write(service.audit.event(Event.PASSWORD_CHECK_FAILED, caller, user_id=user.id, reason="wrong_password"))
            raise InvalidCredentials("The password is wrong.")
        guess.take_back()
