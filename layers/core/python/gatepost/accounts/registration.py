"""Registration: an attempt until its mail is answered by the link and the attempt's own password.

No account exists before. Several attempts for one address may stand side by side, so that nobody can prepare an account
on another's address or have its owner confirm one; the first that is verified becomes the account and the others die.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from gatepost import clock, limits, outbox
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_addresses import demand_allowed
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import DUMMY_HASH, hash_password
from gatepost.errors import RateLimited, Unavailable
from gatepost.identifiers import TokenKind, digest, encode_token, new_secret
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind
from gatepost.service import Service
from gatepost.storage import attempts, keys
from gatepost.storage.attempts import SLOTS, Attempt
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.writes import Item

ATTEMPT_LIFETIME = 24 * 3600  # seconds
_LINKS_PER_ATTEMPT = 5
# Of parallel registrations of one address at most as many as mails are sent compete for its slots.
_TRIES = 8


def register(service: Service, email: EmailAddress, password: str, name: str | None, caller: Caller) -> None:
    """Begin a registration and mail its link; for an address that has an account, mail its owner a notice instead.

    The same calls and hashes either way, and nothing tells which. `password` must have passed `passwords.refusal`.

    Raises:
        InvalidField: the address is at a blocked domain.
        PasswordRefused: the password is common, the address or the service's name.
        RateLimited: too many registrations from this client address.
    """
    db, table = service.db, service.settings.sessions_table
    demand_allowed(service, email, field="email")
    demand_acceptable(service, password, email.address, field="password")
    (claim, standing), (mail, by_address) = limits.ask(
        db,
        table,
        (service.limits.address_mails, limits.account(email.digest)),
        (service.limits.address_registrations, limits.client_address(caller.ip)),
        beside=lambda: _read(service, email),
    )
    muted = isinstance(mail, RateLimited)
    reservations = limits.all_or_none(db, table, [by_address] if muted else [mail, by_address])
    with limits.taken_back_if_unavailable(db, table, reservations):
        password_hash = hash_password(password)
        for _ in range(_TRIES):
            try:
                _begin(service, email, password_hash, name, claim, standing, caller, muted=muted)
                return
            except ConditionFailed:
                # Another registration of this address took the slot first.
                claim, standing = _read(service, email)
        raise Unavailable


def resend_verification(service: Service, email: EmailAddress, caller: Caller) -> None:
    """Mail the newest attempt of an address again, if there is one. Links mailed before stay good.

    The same calls whether there is one or not, and nothing tells which.
    """
    settings, db = service.settings, service.db
    (claim, standing), (mail,) = limits.ask(
        db,
        settings.sessions_table,
        (service.limits.address_mails, limits.account(email.digest)),
        beside=lambda: _read(service, email),
    )
    now, secret = clock.now(), new_secret()
    alive = [attempt for attempt in standing if attempt and now < attempt.expires_at]
    newest = max(alive, key=lambda attempt: attempt.created_at_ms, default=None)
    muted = claim is not None or newest is None or isinstance(mail, RateLimited)
    attempt = newest or _attempt(email, 0, None, DUMMY_HASH, ())
    again = replace(attempt, token_digests=(*attempt.token_digests, digest(secret))[-_LINKS_PER_ATTEMPT:])
    with limits.taken_back_if_unavailable(db, settings.sessions_table, [mail] if isinstance(mail, Reservation) else []):
        try:
            db.transact(
                attempts.write_decoy(settings.sessions_table, again, DUMMY_HASH)
                if muted
                else attempts.write(settings.sessions_table, again, replacing=attempt),
                outbox.enqueue(
                    settings.outbox_table, service.sealer, _verification_mail(service, again, secret), caller, silent=muted
                ),
                service.audit.event(
                    Event.VERIFICATION_RESENT,
                    caller,
                    user_id=claim["user_id"] if claim else None,
                    email_digest=email.digest,
                ),
            )
        except ConditionFailed:
            # Verified, replaced or mailed by another call meanwhile: that call has sent what the owner needs.
            return


def _read(service: Service, email: EmailAddress) -> tuple[Item | None, list[Attempt | None]]:
    """Return the claim of an address and what stands in each of its slots, expired ones included."""
    settings = service.settings
    claim, *items = service.db.get_many(
        (settings.users_table, keys.email_claim(email.digest)),
        *((settings.sessions_table, keys.registration_attempt(email.digest, slot)) for slot in range(SLOTS)),
    )
    return claim, [attempts.from_item(item, email.digest) for item in items]


def _begin(
    service: Service,
    email: EmailAddress,
    password_hash: str,
    name: str | None,
    claim: Item | None,
    standing: Sequence[Attempt | None],
    caller: Caller,
    *,
    muted: bool,
) -> None:
    """Write the attempt into a free slot or over the oldest, with its mail and event. Raises `ConditionFailed`."""
    settings, secret = service.settings, new_secret()
    slot = _slot(standing)
    attempt = _attempt(email, slot, name, password_hash, (digest(secret),))
    if claim:
        mail = Mail(to=claim["email"], kind=MailKind.ACCOUNT_EXISTS, parameters={})
    else:
        mail = _verification_mail(service, attempt, secret)
    service.db.transact(
        # What isn't mailed must not replace what was.
        attempts.write_decoy(settings.sessions_table, attempt, DUMMY_HASH)
        if claim or muted
        else attempts.write(settings.sessions_table, attempt, replacing=standing[slot]),
        outbox.enqueue(settings.outbox_table, service.sealer, mail, caller, silent=muted),
        service.audit.event(
            Event.REGISTRATION_REQUESTED, caller, user_id=claim["user_id"] if claim else None, email_digest=email.digest
        ),
    )


def _slot(standing: Sequence[Attempt | None]) -> int:
    """Return a free slot, any of them, so that parallel registrations seldom meet; else that of the oldest attempt."""
    now = clock.now()
    alive = {slot: attempt for slot, attempt in enumerate(standing) if attempt and now < attempt.expires_at}
    if len(alive) < SLOTS:
        return secrets.choice([slot for slot in range(SLOTS) if slot not in alive])
    return min(alive, key=lambda slot: alive[slot].created_at_ms)


def _attempt(email: EmailAddress, slot: int, name: str | None, password_hash: str, token_digests: tuple[bytes, ...]) -> Attempt:
    return Attempt(
        email=email.address,
        email_digest=email.digest,
        slot=slot,
        name=name,
        password_hash=password_hash,
        token_digests=token_digests,
        created_at_ms=clock.now_ms(),
        expires_at=clock.now() + ATTEMPT_LIFETIME,
    )


def _verification_mail(service: Service, attempt: Attempt, secret: bytes) -> Mail:
    """Return the mail with the link. It doesn't say the name: anybody may have put it there for the owner to read."""
    token = encode_token(TokenKind.EMAIL_VERIFICATION, attempt.email_digest, bytes([attempt.slot]), secret)
    link = f"{service.settings.issuer}/ui/verify-email?token={token}"
    return Mail(to=attempt.email, kind=MailKind.VERIFICATION, parameters={"link": link})
