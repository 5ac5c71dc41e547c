"""Signing in."""

from gatepost import access_tokens, guesses, session_list, sessions, telemetry
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password, needs_upgrade, verify_password
from gatepost.errors import InvalidCredentials
from gatepost.guesses import Guess
from gatepost.identifiers import new_id
from gatepost.service import Service
from gatepost.sessions import SignedIn
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import together
from gatepost.storage.users import User
from gatepost.telemetry import Metric


def with_password(
    service: Service,
    email: EmailAddress,
    password: str,
    caller: Caller,
    *,
    device_name: str | None = None,
    audience: str | None = None,
) -> SignedIn:
    """Sign in the user with this address and password, in three sequential round trips to DynamoDB.

    An unknown address, a wrong password, a registration that was never verified and a disabled account get the same
    answer for the same work.

    Raises:
        InvalidCredentials: for all of these.
        InvalidTarget: `audience` is not one of this deployment's.
        RateLimited: too many failures of this account or this client.
    """
    audiences = access_tokens.audience(service, audience)
    claim_key = keys.email_claim(email.digest)
    with guesses.reserved(
        service, email.digest, caller, beside=lambda: service.db.get(service.settings.users_table, claim_key)
    ) as (guess, claim):
        # Where there's no claim, an item that isn't there is read all the same.
        user_id = claim["user_id"] if claim else new_id()
        try:
            signed_in = _once(service, guess, user_id, email, password, caller, device_name, audiences)
        except ConditionFailed:
            # The password, the epoch or the status changed while we looked: look once more.
            try:
                signed_in = _once(service, guess, user_id, email, password, caller, device_name, audiences)
            except ConditionFailed as exc:
                raise InvalidCredentials from exc
    telemetry.count(Metric.SIGN_IN_SUCCEEDED)
    session_list.end_surplus(service, signed_in.user, caller)
    return signed_in


def _once(
    service: Service,
    guess: Guess,
    user_id: str,
    email: EmailAddress,
    password: str,
    caller: Caller,
    device_name: str | None,
    audiences: tuple[str, ...],
) -> SignedIn:
    """Judge the password, and commit the session if it's right. Raises `ConditionFailed` if the user changed meanwhile."""
    settings = service.settings
    item, version = service.db.get_many((settings.users_table, keys.user(user_id)), service.roles.version)
    user = _judged(service, guess, user_items.from_item(item), email, password, caller)
    rights = service.roles.rights_of(user, version)
    signed_in = sessions.start(service, user, caller, amr=("pwd",), audience=audiences, rights=rights, device_name=device_name)
    unchanged = (
        user_items.upgrade_hash(settings.users_table, user, hash_password(password))
        if needs_upgrade(user.password_hash)
        else user_items.demand_unchanged(settings.users_table, user)
    )
    together(
        lambda: service.db.transact(
            unchanged,
            session_items.create(settings.sessions_table, signed_in.session),
            service.audit.event(
                Event.SIGN_IN_SUCCEEDED, caller, user_id=user.id, actor_id=user.id, session_id=signed_in.session.id
            ),
        ),
        *guess.refunds,
    )
    return signed_in


def _judged(service: Service, guess: Guess, user: User | None, email: EmailAddress, password: str, caller: Caller) -> User:
    right = verify_password(password, user.password_hash if user else None)
    if user is not None and right and user.status == "active":
        return user
    guess.wrong = True
    reason = "unknown_address" if user is None else "wrong_password" if not right else "disabled"
    service.db.write(
        service.audit.event(
            Event.SIGN_IN_FAILED, caller, user_id=user.id if user else None, email_digest=email.digest, reason=reason
        )
    )
    raise InvalidCredentials
