"""Registration: an attempt until its mail is answered by the link and the attempt's own password.

No account exists before. Several attempts for one address may stand side by side, so that nobody can prepare an account
on another's address or have its owner confirm one; the first that is verified becomes the account and the others die.
"""

from dataclasses import replace

from gatepost import clock, limits, outbox
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import DUMMY_HASH, hash_password
from gatepost.errors import RateLimited
from gatepost.identifiers import TokenKind, digest, encode_token, new_secret
from gatepost.outbox import Mail, MailKind
from gatepost.service import Service
from gatepost.storage import attempts, keys
from gatepost.storage.attempts import SLOTS, Attempt
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import together

ATTEMPT_LIFETIME = 24 * 3600  # seconds
_LINKS_PER_ATTEMPT = 5


def register(service: Service, email: EmailAddress, password: str, name: str | None, caller: Caller) -> None:
    """Begin a registration and mail its link; for an address that has an account, mail its owner a notice instead.

    The same calls and hashes either way, and nothing tells which. `password` must have passed `passwords.refusal`.

    Raises:
        PasswordRefused: the password is common, the address or the service's name.
        RateLimited: too many registrations from this client address.
    """
    settings, db = service.settings, service.db
    demand_acceptable(service, password, email.address, field="password")
    by_address, mail, claim = together(
        lambda: limits.try_reserve(
            db, settings.sessions_table, service.limits.address_registrations, limits.client_address(caller.ip)
        ),
        lambda: _reserve_mail(service, email),
        lambda: db.get(settings.users_table, keys.email_claim(email.digest)),
    )
    muted = isinstance(mail, RateLimited)
    limits.all_or_none(db, settings.sessions_table, by_address, *([] if muted else [mail]))

    now, secret = clock.now(), new_secret()
    attempt = Attempt(
        email=email.address,
        email_digest=email.digest,
        ordinal=0 if muted else mail.ordinal,
        name=name,
        password_hash=hash_password(password),
        token_digests=(digest(secret),),
        created_at=now,
        expires_at=now + ATTEMPT_LIFETIME,
    )
    if claim:
        notice = Mail(to=claim["email"], kind=MailKind.ACCOUNT_EXISTS, parameters={})
    else:
        notice = _verification_mail(service, attempt, secret)
    db.transact(
        attempts.write_decoy(settings.sessions_table, attempt, DUMMY_HASH)
        if claim or muted
        else attempts.write(settings.sessions_table, attempt),
        outbox.enqueue(settings.outbox_table, service.sealer, notice, silent=muted),
        service.audit.event(
            Event.REGISTRATION_REQUESTED, caller, user_id=claim["user_id"] if claim else None, email_digest=email.digest
        ),
    )


def resend_verification(service: Service, email: EmailAddress, caller: Caller) -> None:
    """Mail the newest attempt of an address again, if there is one. Links mailed before stay good.

    The same calls whether there is one or not, and nothing tells which.
    """
    settings, db = service.settings, service.db
    mail, (claim, *items) = together(
        lambda: _reserve_mail(service, email),
        lambda: db.get_many(
            (settings.users_table, keys.email_claim(email.digest)),
            *((settings.sessions_table, keys.registration_attempt(email.digest, slot)) for slot in range(SLOTS)),
        ),
    )
    now, secret = clock.now(), new_secret()
    found = [attempt for item in items if (attempt := attempts.from_item(item, email.digest)) and now < attempt.expires_at]
    newest = max(found, key=lambda attempt: attempt.ordinal, default=None)
    mute = claim is not None or newest is None or isinstance(mail, RateLimited)
    attempt = newest or Attempt(email.address, email.digest, 0, None, DUMMY_HASH, (), now, now + ATTEMPT_LIFETIME)
    digests = (*attempt.token_digests, digest(secret))[-_LINKS_PER_ATTEMPT:]
    again = replace(attempt, token_digests=digests)
    try:
        db.transact(
            attempts.write_decoy(settings.sessions_table, again, DUMMY_HASH)
            if mute
            else attempts.write(settings.sessions_table, again, replacing=attempt),
            outbox.enqueue(settings.outbox_table, service.sealer, _verification_mail(service, again, secret), silent=mute),
            service.audit.event(
                Event.VERIFICATION_RESENT, caller, user_id=claim["user_id"] if claim else None, email_digest=email.digest
            ),
        )
    except ConditionFailed:
        # Verified, replaced or mailed by another call meanwhile: that call has sent what the owner needs.
        return


def _reserve_mail(service: Service, email: EmailAddress) -> limits.Reservation | RateLimited:
    return limits.try_reserve(
        service.db, service.settings.sessions_table, service.limits.verification_mails, limits.account(email.digest)
    )


def _verification_mail(service: Service, attempt: Attempt, secret: bytes) -> Mail:
    """Return the mail with the link. It doesn't say the name, which anybody may have put there to be read by the owner."""
    token = encode_token(TokenKind.EMAIL_VERIFICATION, attempt.email_digest, bytes([attempt.slot]), secret)
    link = f"{service.settings.issuer}/ui/verify-email?token={token}"
    return Mail(to=attempt.email, kind=MailKind.VERIFICATION, parameters={"link": link})
