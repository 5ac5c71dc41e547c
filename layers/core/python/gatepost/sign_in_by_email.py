"""Signing in by e-mail: with the six digits that were mailed to an address, or with the link of the same mail."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from gatepost import access_tokens, clock, email_codes, guesses, session_list, sessions, telemetry
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import InvalidCode, Unavailable, logged_if_unavailable
from gatepost.guesses import Guess
from gatepost.identifiers import digest, new_id
from gatepost.service import Service
from gatepost.sessions import SignedIn
from gatepost.storage import email_codes as code_items
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.email_codes import EmailCode
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import together
from gatepost.storage.users import User
from gatepost.storage.writes import Item
from gatepost.telemetry import Metric

# Answers that one code takes. Who guesses wrong more often needs another, and gets five an hour.
TRIES = 5
# RFC 8176 has no word for it. Not `otp`, which an API would take for a second factor.
AMR = ("email",)


def with_digits(
    service: Service,
    email: EmailAddress,
    digits: str,
    caller: Caller,
    *,
    browser: bytes = b"",
    device_name: str | None = None,
    audience: str | None = None,
) -> SignedIn:
    """Sign in the user with this address and the digits mailed to it, in three sequential round trips to DynamoDB.

    A code takes `TRIES` answers, each counted before it's looked at. `browser` is the secret that `email_codes.start` was
    given.

    Raises:
        InvalidCode: wrong, used, expired or answered too often, asked for in another browser, or no such user.
        InvalidTarget: `audience` is not one of this deployment's.
        RateLimited: too many failures of this account or this client.
    """
    audiences = access_tokens.audience(service, audience)
    with (
        guesses.reserved(service, email.digest, caller, beside=lambda: _read(service, email.digest)) as (guess, code),
        _try_counted(service, code, guess) as (user, version, counted),
    ):
        # Opened also where nobody has the address, so that both cost the same.
        right = counted is not None and email_codes.fits(service, counted, digits) and counted.tries <= TRIES
        reason = _refusal(counted, user, browser) or (None if right else "wrong_code")
        if counted is None or user is None or reason is not None:
            guess.wrong = True
            _record_failure(service, user, email.digest, reason, caller)
            raise InvalidCode
        rights = service.roles.rights_of(user, version)
        proven = replace(user, email_verified=True)
        signed_in = sessions.start(service, proven, caller, amr=AMR, audience=audiences, rights=rights, device_name=device_name)
        together(lambda: _commit(service, counted, signed_in, caller), *guess.refunds)
    session_list.end_surplus(service, signed_in.user, caller)
    return signed_in


def with_link(
    service: Service,
    token: str,
    caller: Caller,
    *,
    browser: bytes = b"",
    device_name: str | None = None,
    audience: str | None = None,
) -> SignedIn:
    """Sign in the user whom the link with `token` was mailed to. It can't be guessed, so no limit holds up its owner.

    Raises:
        InvalidCode: wrong, used or expired, asked for in another browser, or no such user.
        InvalidTarget: `audience` is not one of this deployment's.
    """
    audiences = access_tokens.audience(service, audience)
    try:
        email_digest, link_digest = email_codes.parse_link(token)
    except ValueError as exc:
        raise InvalidCode from exc
    code = _read(service, email_digest)
    if code is None or not hmac.compare_digest(code.link_digest, link_digest):
        raise InvalidCode
    user, version = _read_user(service, code)
    if (reason := _refusal(code, user, browser)) or user is None:
        _record_failure(service, user, email_digest, reason, caller)
        raise InvalidCode
    rights = service.roles.rights_of(user, version)
    proven = replace(user, email_verified=True)
    signed_in = sessions.start(service, proven, caller, amr=AMR, audience=audiences, rights=rights, device_name=device_name)
    _commit(service, code, signed_in, caller)
    session_list.end_surplus(service, user, caller)
    return signed_in


def _read(service: Service, email_digest: bytes) -> EmailCode | None:
    return code_items.from_item(service.db.get(service.settings.sessions_table, keys.email_code(email_digest)))


def _read_user(service: Service, code: EmailCode | None) -> tuple[User | None, Item | None]:
    """Return the user whom `code` is for, and the version of the roles."""
    # Where there's no code, an item that isn't there is read all the same.
    user_id = code.user_id if code else new_id()
    item, version = service.db.get_many((service.settings.users_table, keys.user(user_id)), service.roles.version)
    return user_items.from_item(item), version


@contextmanager
def _try_counted(
    service: Service, code: EmailCode | None, guess: Guess
) -> Iterator[tuple[User | None, Item | None, EmailCode | None]]:
    """Count an answer to `code` and read its user beside; yield the user, the version of the roles, and the code as it is
    then, None if it's gone.

    If the block fails for something that this service needs, and not because the answer was wrong, it counts no more.
    """
    table = service.settings.sessions_table
    counted: EmailCode | None = None

    def count() -> None:
        nonlocal counted
        if code is not None:
            with suppress(ConditionFailed):  # used, or replaced by another
                counted = code_items.from_item(service.db.write(code_items.count_try(table, code)))

    try:
        _, (user, version) = together(count, lambda: _read_user(service, code))
        yield user, version, counted
    except Unavailable:
        if counted is not None and not guess.wrong:
            with logged_if_unavailable("a code takes one answer less than it should"), suppress(ConditionFailed):
                service.db.write(code_items.take_back_try(table, counted))
        raise


def _refusal(code: EmailCode | None, user: User | None, browser: bytes) -> str | None:
    """Return why `code` is good for nothing, whatever the answer to it is."""
    if code is None:
        return "no_code"
    if user is None or user.email_digest != code.email_digest:
        return "unknown_address"
    if user.status != "active":
        return "disabled"
    if clock.now() >= code.expires_at:
        return "expired_code"
    if code.browser_digest and not hmac.compare_digest(code.browser_digest, digest(browser)):
        return "other_browser"
    return None


def _commit(service: Service, code: EmailCode, signed_in: SignedIn, caller: Caller) -> None:
    """Use up `code` for the session of `signed_in`. Raises `InvalidCode` if another call was faster, or the user changed."""
    settings, user = service.settings, signed_in.user
    try:
        service.db.transact(
            # A mail to the address was answered. That of a user whom an administrator has made may not have been before.
            user_items.prove_address(settings.users_table, user),
            code_items.use(settings.sessions_table, code),
            session_items.create(settings.sessions_table, signed_in.session),
            service.audit.event(
                Event.SIGN_IN_SUCCEEDED, caller, user_id=user.id, actor_id=user.id, session_id=signed_in.session.id
            ),
        )
    except ConditionFailed as exc:
        raise InvalidCode from exc
    telemetry.count(Metric.SIGN_IN_SUCCEEDED)


def _record_failure(service: Service, user: User | None, email_digest: bytes, reason: str | None, caller: Caller) -> None:
    service.db.write(
        service.audit.event(
            Event.SIGN_IN_FAILED, caller, user_id=user.id if user else None, email_digest=email_digest, reason=reason
        )
    )
