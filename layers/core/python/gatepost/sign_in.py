"""Signing in."""

from gatepost import access_tokens, guesses, session_list, sessions
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password, needs_upgrade, verify_password
from gatepost.errors import InvalidCredentials
from gatepost.identifiers import new_id
from gatepost.service import Service
from gatepost.sessions import SignedIn
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import together


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
    settings, db = service.settings, service.db
    audiences = access_tokens.audience(service, audience)
    claim, *outcomes = together(
        lambda: db.get(settings.users_table, keys.email_claim(email.digest)),
        *guesses.reservations(service, email.digest, caller),
    )
    guess = guesses.accepted(service, outcomes)
    # Where there's no claim, an item that isn't there is read all the same.
    user = user_items.from_item(db.get(settings.users_table, keys.user(claim["user_id"] if claim else new_id())))
    right = verify_password(password, user.password_hash if user else None)
    if user is None or not right or user.status != "active":
        reason = "unknown_address" if user is None else "wrong_password" if not right else "disabled"
        event = service.audit.event(
            Event.SIGN_IN_FAILED, caller, user_id=user.id if user else None, email_digest=email.digest, reason=reason
        )
        db.write(event)
        raise InvalidCredentials

    signed_in = sessions.start(service, user, caller, amr=("pwd",), audience=audiences, device_name=device_name)
    try:
        together(
            lambda: db.transact(
                user_items.upgrade_hash(settings.users_table, user, hash_password(password))
                if needs_upgrade(user.password_hash)
                else user_items.demand_unchanged(settings.users_table, user),
                session_items.create(settings.sessions_table, signed_in.session),
                service.audit.event(Event.SIGN_IN_SUCCEEDED, caller, user_id=user.id, actor_id=user.id),
            ),
            *guesses.refunds(service, guess),
        )
    except ConditionFailed as exc:
        # The password was changed or the account disabled while we looked.
        raise InvalidCredentials from exc
    session_list.end_surplus(service, user)
    return signed_in
