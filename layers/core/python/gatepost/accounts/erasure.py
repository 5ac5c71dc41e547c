"""Erasing one's own account, and reading all that is held about oneself."""

from typing import Any, Unpack

from gatepost import audit, clock, guesses, revocations, session_list
from gatepost.api_keys import own_keys
from gatepost.audit import By, Event
from gatepost.authentication import SignedInPrincipal
from gatepost.caller import Caller
from gatepost.conflicts import LastAdministrator
from gatepost.errors import InvalidCredentials, NotAuthenticated, logged_if_unavailable
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import administrators, email_codes, keys, suppressions
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.sessions import Session
from gatepost.storage.users import User
from gatepost.storage.writes import Item, Write, delete

# A sign-in this recent stands for the password.
FRESH = 300  # seconds
# By so many seconds another machine's clock may be ahead; a sign-in of the future is none.
_SKEW = 30
# As many as DynamoDB reads at once (1 MB), and together far below the 6 MB that Lambda answers at the most.
_EXPORTED_EVENTS = 1000


def erase_account(service: Service, me: SignedInPrincipal, password: str | None, caller: Caller) -> None:
    """Delete the user, whose address is free then, and with them all API keys, sessions and pending tokens.

    Security events stay for as long as they're kept; they hold the user's id, not the address.

    Raises:
        InvalidCredentials: the password is wrong, or there's none and the sign-in is older than `FRESH`.
        RateLimited: too many wrong passwords.
        LastAdministrator: the user is it.
        NotAuthenticated: the account was erased or changed meanwhile.
    """
    user = me.user
    if password is not None:
        guesses.check_password(service, user, password, caller)
    elif not -_SKEW <= clock.now() - me.session.auth_time < FRESH:
        raise InvalidCredentials("Give the password, or sign in again first.")
    followed = administrators.follow(service.settings.users_table, user, None)
    try:
        service.db.transact(*followed, *erasing(service, user, caller, actor_id=user.id))
    except ConditionFailed as exc:
        raise LastAdministrator if administrators.was_the_last(followed, exc) else NotAuthenticated from exc
    purge(service, user.id)


def erasing(service: Service, user: User, caller: Caller, **by: Unpack[By]) -> list[Write]:
    """Return the writes that delete a user who is as `user` was read, free the address and tell its owner. Nothing of theirs
    works any more then.
    """
    settings = service.settings
    mail = Mail(to=user.email, kind=MailKind.ACCOUNT_DELETED, parameters={"at": clock.rfc3339(clock.now())})
    return [
        *user_items.erase(settings.users_table, user),
        email_codes.forget(settings.sessions_table, user.email_digest),
        # One from before the account would come alive again.
        delete(settings.sessions_table, keys.invited_address(user.email_digest)),
        revocations.of_user(settings.sessions_table, user.id, user.version + 1),
        enqueue(settings.outbox_table, service.sealer, mail, caller),
        service.audit.event(Event.ACCOUNT_DELETED, caller, user_id=user.id, **by),
    ]


def purge(service: Service, user_id: str) -> None:
    """Delete the sessions and pending tokens of a user who is gone. If that is cut short, expiry does the rest."""
    with logged_if_unavailable("what is left of an erased account expires by itself"):
        service.db.delete_all(service.settings.sessions_table, keys.everything_of_user(user_id))


def export(service: Service, me: SignedInPrincipal) -> dict[str, Any]:
    """Return everything held about the user but secrets and their digests, as JSON: profile, sessions, API keys, security
    events.

    Anybody who knows the address can cause events, so only the newest stand here; the audit trail has all, in pages.
    """
    settings, user = service.settings, me.user
    change = service.db.get(settings.sessions_table, keys.email_change(user.id))
    events, more = audit.page(service.db, settings.audit_table, user.id, _EXPORTED_EVENTS, None)
    return {
        "exported_at": clock.rfc3339(clock.now()),
        "user": {
            "id": user.id,
            "email": user.email,
            "email_verified": user.email_verified,
            "name": user.name,
            "status": user.status,
            "roles": list(user.roles),
            "created_at": clock.rfc3339(user.created_at),
            "mail_stopped": suppressions.described(user.mail_stopped),
        },
        "pending_email": change["email"] if change and clock.now() < change["expires_at"] else None,
        "sessions": [_exported(session, me.sid) for session in session_list.alive(service, user)],
        "api_keys": [own_keys.described(key) for key in own_keys.all_of(service, user)],
        "security_events": [_exported_event(event) for event in events],
        "security_events_complete": more is None,
    }


def _exported_event(event: Item) -> dict[str, Any]:
    more = {"actor_id": audit.actor_shown_to_user(event), "session_id": event.get("session_id")}
    return audit.described(event) | more


def _exported(session: Session, current: str) -> dict[str, Any]:
    return session_list.described(session, current) | {
        "amr": list(session.amr),
        "audience": list(session.audience),
        "auth_time": clock.rfc3339(session.auth_time),
        "expires_at": clock.rfc3339(session.expires_at),
        "absolute_expires_at": clock.rfc3339(session.absolute_expires_at),
    }
