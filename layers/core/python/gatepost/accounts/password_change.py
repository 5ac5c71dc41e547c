"""Changing one's own password."""

from gatepost import clock, guesses, session_list
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import Event
from gatepost.authentication import SignedInPrincipal
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import email_codes, keys
from gatepost.storage.writes import delete


def change_password(service: Service, me: SignedInPrincipal, current: str, new: str, caller: Caller) -> None:
    """Set a new password. The session that asks goes on; all others end.

    Raises:
        InvalidCredentials: `current` is wrong.
        PasswordRefused: `new` is not acceptable.
        RateLimited: too many wrong passwords.
        NotAuthenticated: the user or the session changed meanwhile.
    """
    settings, user = service.settings, me.user
    demand_acceptable(service, new, user.email, field="new_password")
    guesses.check_password(service, user, current, caller)
    mail = Mail(to=user.email, kind=MailKind.PASSWORD_CHANGED, parameters={"at": clock.rfc3339(clock.now())})
    session_list.commit_ending_others(
        service,
        me,
        hash_password(new),
        # A link for a new password or a code to sign in, mailed before, dies with the old one.
        delete(settings.sessions_table, keys.password_reset(user.id)),
        email_codes.forget(settings.sessions_table, user.email_digest),
        enqueue(settings.outbox_table, service.sealer, mail, caller),
        service.audit.event(Event.PASSWORD_CHANGED, caller, user_id=user.id, actor_id=user.id, session_id=me.session.id),
    )
