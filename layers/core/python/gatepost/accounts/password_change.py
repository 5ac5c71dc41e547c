"""Changing one's own password."""

from gatepost import clock, guesses, session_list
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import Event
from gatepost.authentication import Authenticated
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password
from gatepost.errors import NotAuthenticated
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage.failures import ConditionFailed


def change_password(service: Service, me: Authenticated, current: str, new: str, caller: Caller) -> None:
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
    try:
        service.db.transact(
            *session_list.others_ended(service, me, hash_password(new)),
            enqueue(settings.outbox_table, service.sealer, mail),
            service.audit.event(Event.PASSWORD_CHANGED, caller, user_id=user.id, actor_id=user.id),
        )
    except ConditionFailed as exc:
        raise NotAuthenticated from exc
