"""Changing one's e-mail address: the old one stays until the new one is proven."""

from gatepost import clock, guesses, limits
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_addresses import demand_allowed
from gatepost.audit import Event
from gatepost.authentication import Principal
from gatepost.caller import Caller
from gatepost.errors import InvalidToken
from gatepost.identifiers import TokenKind
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import email_codes, keys, one_time_tokens, suppressions
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.writes import delete

TOKEN_LIFETIME = 24 * 3600  # seconds


def request_email_change(service: Service, me: Principal, email: EmailAddress, password: str, caller: Caller) -> None:
    """Mail the new address a link and the old one a notice; it replaces any change begun before.

    For a new address that has an account, its owner gets a notice without a link instead, and nothing tells.

    Raises:
        InvalidField: the new address is at a blocked domain.
        InvalidCredentials: the password is wrong.
        RateLimited: too many wrong passwords.
    """
    settings, db, user = service.settings, service.db, me.user
    demand_allowed(service, email, field="new_email")
    guesses.check_password(service, user, password, caller)
    claim, outcomes = limits.ask(
        db,
        settings.sessions_table,
        (service.limits.address_mails, limits.account(email.digest)),
        (service.limits.email_changes, limits.account(user.email_digest)),
        beside=lambda: db.get(settings.users_table, keys.email_claim(email.digest)),
    )
    to_new, to_old = (isinstance(outcome, Reservation) for outcome in outcomes)
    token = OneTimeToken.new(TokenKind.EMAIL_CHANGE, user.id)
    link = f"{settings.issuer}/ui/verify-email?token={token.encode()}"
    if claim:
        answer = Mail(to=claim["email"], kind=MailKind.ACCOUNT_EXISTS, parameters={})
    else:
        answer = Mail(to=email.address, kind=MailKind.EMAIL_CHANGE, parameters={"link": link})
    notice = Mail(to=user.email, kind=MailKind.EMAIL_CHANGE_REQUESTED, parameters={"at": clock.rfc3339(clock.now())})
    reservations = [outcome for outcome in outcomes if isinstance(outcome, Reservation)]
    with limits.taken_back_if_unavailable(db, settings.sessions_table, reservations):
        db.transact(
            # Written also where nothing is mailed, so that what is pending tells nothing either.
            one_time_tokens.write(
                settings.sessions_table, token, TOKEN_LIFETIME, email=email.address, email_digest=email.digest
            ),
            enqueue(settings.outbox_table, service.sealer, answer, caller, silent=not (to_new and to_old)),
            enqueue(settings.outbox_table, service.sealer, notice, caller, silent=not to_old),
            service.audit.event(Event.EMAIL_CHANGE_REQUESTED, caller, user_id=user.id, actor_id=user.id),
        )


def complete_email_change(service: Service, token: str, password: str, caller: Caller) -> None:
    """Make the address that `token` was mailed to the user's own. A link for a new password or a
    code to sign in, mailed to the old one, dies.

    Raises:
        InvalidToken: wrong, used or expired, or the address has an account by now.
        InvalidCredentials: the password is not the user's; the token stays usable.
        RateLimited: too many wrong passwords.
    """
    settings, db = service.settings, service.db
    try:
        presented = OneTimeToken.decode(TokenKind.EMAIL_CHANGE, token)
    except ValueError as exc:
        raise InvalidToken from exc
    item, user_item = db.get_many(
        (settings.sessions_table, presented.key), (settings.users_table, keys.user(presented.user_id))
    )
    user = user_items.from_item(user_item)
    if item is None or user is None or user.status != "active" or not presented.opens(item):
        raise InvalidToken
    guesses.check_password(service, user, password, caller)
    try:
        db.transact(
            *user_items.change_email(settings.users_table, user, item["email"], item["email_digest"]),
            one_time_tokens.use(settings.sessions_table, presented),
            suppressions.lift(settings.sessions_table, item["email_digest"]),
            delete(settings.sessions_table, keys.password_reset(user.id)),
            email_codes.forget(settings.sessions_table, user.email_digest),
            enqueue(
                settings.outbox_table,
                service.sealer,
                Mail(to=user.email, kind=MailKind.EMAIL_CHANGED, parameters={"at": clock.rfc3339(clock.now())}),
                caller,
            ),
            service.audit.event(Event.EMAIL_CHANGED, caller, user_id=user.id, actor_id=user.id),
        )
    except ConditionFailed as exc:
        raise InvalidToken from exc
