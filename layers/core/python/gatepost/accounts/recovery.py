"""A forgotten password: a token by mail, and a new password with it."""

from gatepost import clock, limits, revocations
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password
from gatepost.errors import InvalidToken, RateLimited
from gatepost.identifiers import TokenKind, new_id
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import email_codes, keys, one_time_tokens
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.writes import delete

TOKEN_LIFETIME = 3600  # seconds


def forgot_password(service: Service, email: EmailAddress, caller: Caller) -> None:
    """Mail the owner of an address a link that sets a new password, if there is one; it replaces any sent before.

    The same calls whether there is one or not, and nothing tells which.
    """
    settings, db = service.settings, service.db
    claim, (mail,) = limits.ask(
        db,
        settings.sessions_table,
        (service.limits.reset_mails, limits.account(email.digest)),
        beside=lambda: db.get(settings.users_table, keys.email_claim(email.digest)),
    )
    muted = claim is None or isinstance(mail, RateLimited)
    token = OneTimeToken.new(TokenKind.PASSWORD_RESET, claim["user_id"] if claim else new_id())
    link = f"{settings.issuer}/ui/reset-password?token={token.encode()}"
    notice = Mail(to=claim["email"] if claim else email.address, kind=MailKind.PASSWORD_RESET, parameters={"link": link})
    with limits.taken_back_if_unavailable(db, settings.sessions_table, [mail] if isinstance(mail, Reservation) else []):
        db.transact(
            one_time_tokens.write(
                settings.sessions_table,
                token,
                TOKEN_LIFETIME,
                # A link that isn't mailed must not replace one that was.
                key=keys.decoy(email.digest, new_id()) if muted else None,
                # The link dies with the address it's mailed to, also if that changes right now.
                email_digest=email.digest,
            ),
            enqueue(settings.outbox_table, service.sealer, notice, caller, silent=muted),
            service.audit.event(
                Event.PASSWORD_RESET_REQUESTED,
                caller,
                user_id=claim["user_id"] if claim else None,
                email_digest=email.digest,
            ),
        )


def reset_password(service: Service, token: str, new_password: str, caller: Caller) -> None:
    """Set a new password with a mailed token. All sessions and API keys end, all access tokens go onto the revocation list, and
    guesses that others made are forgotten, so that the owner can sign in.

    Raises:
        InvalidToken: the token is wrong, used or expired.
        PasswordRefused: the password is too close to the address or the service's name; the token stays usable.
    """
    settings, db = service.settings, service.db
    try:
        presented = OneTimeToken.decode(TokenKind.PASSWORD_RESET, token)
    except ValueError as exc:
        raise InvalidToken from exc
    item, user_item = db.get_many(
        (settings.sessions_table, presented.key), (settings.users_table, keys.user(presented.user_id))
    )
    user = user_items.from_item(user_item)
    if item is None or user is None or not presented.opens(item) or item["email_digest"] != user.email_digest:
        raise InvalidToken
    demand_acceptable(service, new_password, user.email, field="new_password")
    now = clock.now()
    try:
        db.transact(
            one_time_tokens.use(settings.sessions_table, presented),
            user_items.reset_password(settings.users_table, user, hash_password(new_password)),
            delete(
                settings.sessions_table,
                keys.limit(service.limits.account_failures.kind, limits.account(user.email_digest)),
            ),
            delete(settings.sessions_table, keys.email_change(user.id)),
            email_codes.forget(settings.sessions_table, user.email_digest),
            revocations.of_user(settings.sessions_table, user.id, user.version + 1),
            enqueue(
                settings.outbox_table,
                service.sealer,
                Mail(to=user.email, kind=MailKind.PASSWORD_CHANGED, parameters={"at": clock.rfc3339(now)}),
                caller,
            ),
            service.audit.event(Event.PASSWORD_RESET, caller, user_id=user.id, actor_id=user.id),
        )
    except ConditionFailed as exc:
        raise InvalidToken from exc
