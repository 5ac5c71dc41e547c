"""Making a user choose a new password. Nobody but its user ever sets or sees one."""

from dataclasses import replace

from gatepost import limits
from gatepost.accounts.recovery import TOKEN_LIFETIME
from gatepost.administration.actors import Actor
from gatepost.administration.users import commit, demand_may_change, event_of, signed_out
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import no_password
from gatepost.errors import RateLimited
from gatepost.identifiers import TokenKind
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import email_codes, keys, one_time_tokens
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.users import User
from gatepost.storage.writes import Write, delete


def demand_reset(service: Service, me: Actor, user: User, caller: Caller) -> None:
    """Let the user's password open nothing any more, end all their sessions and API keys, and mail them a link that sets a new
    one; the same mail goes to them only so often, and the newest that did stays good.

    Raises:
        NotPermitted: `me` doesn't hold all that the user holds.
        Conflict: the user, `me` or the roles changed meanwhile.
    """
    settings = service.settings
    demand_may_change(me, user)
    _, (outcome,) = limits.ask(
        service.db,
        settings.sessions_table,
        (service.limits.reset_mails, limits.account(user.email_digest)),
        beside=lambda: None,
    )
    reserved = [outcome] if isinstance(outcome, Reservation) else []
    with limits.taken_back_if_unavailable(service.db, settings.sessions_table, reserved):
        commit(
            service,
            me,
            user,
            replace(signed_out(user), password_hash=no_password(), api_key_epoch=user.api_key_epoch + 1),
            delete(settings.sessions_table, keys.email_change(user.id)),
            email_codes.forget(settings.sessions_table, user.email_digest),
            *([] if isinstance(outcome, RateLimited) else _link(service, user, caller)),
            event_of(service, me, user, Event.PASSWORD_RESET_DEMANDED, caller),
        )


def _link(service: Service, user: User, caller: Caller) -> list[Write]:
    """Return the writes of a new link and its mail."""
    settings = service.settings
    token = OneTimeToken.new(TokenKind.PASSWORD_RESET, user.id)
    link = f"{settings.issuer}/ui/reset-password?token={token.encode()}"
    mail = Mail(to=user.email, kind=MailKind.PASSWORD_RESET_DEMANDED, parameters={"link": link})
    return [
        one_time_tokens.write(settings.sessions_table, token, TOKEN_LIFETIME, email_digest=user.email_digest),
        enqueue(settings.outbox_table, service.sealer, mail, caller),
    ]
