"""Codes for signing in by e-mail: six digits and a link, mailed to the owner of an address.

Whoever asks gets the same answer for the same work: a code is kept for an address without an account too, and never mailed.
"""

import hmac
import secrets

from gatepost import clock, limits
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import RateLimited
from gatepost.identifiers import TokenKind, base64url, decode_token, digest, encode_token, new_id
from gatepost.limits import Reservation
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import email_codes as code_items
from gatepost.storage import keys
from gatepost.storage.email_codes import EmailCode

LIFETIME = 600  # seconds: what NIST SP 800-63B, section 5.1.3.2, allows at the most
_DIGITS = 6
_DIGEST_BYTES = 32
_LINK_BYTES = 33  # with the digest and the kind a multiple of three


def start(service: Service, email: EmailAddress, caller: Caller, *, browser: bytes = b"") -> None:
    """Mail the owner of an address a code and a link, if there is one; they replace any sent before.

    They're good where the secret `browser` is, which the caller keeps; without one, anywhere.
    """
    settings, db = service.settings, service.db
    claim, (mail,) = limits.ask(
        db,
        settings.sessions_table,
        (service.limits.code_mails, limits.account(email.digest)),
        beside=lambda: db.get(settings.users_table, keys.email_claim(email.digest)),
    )
    limited = isinstance(mail, RateLimited)
    digits, link_secret = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}", secrets.token_bytes(_LINK_BYTES)
    code = EmailCode(
        email_digest=email.digest,
        user_id=claim["user_id"] if claim else new_id(),
        sealed_digits=service.sealer.seal(digits.encode(), _context(email.digest)),
        link_digest=digest(link_secret),
        browser_digest=digest(browser) if browser else b"",
        expires_at=clock.now() + LIFETIME,
    )
    token = encode_token(TokenKind.EMAIL_CODE, email.digest, link_secret)
    message = Mail(
        to=claim["email"] if claim else email.address,
        kind=MailKind.EMAIL_CODE,
        parameters={"code": digits, "link": f"{settings.issuer}/ui/email-code?token={token}"},
    )
    with limits.taken_back_if_unavailable(db, settings.sessions_table, [mail] if isinstance(mail, Reservation) else []):
        db.transact(
            # What isn't mailed for having been mailed too often must not replace what was.
            code_items.write(settings.sessions_table, code, key=keys.decoy(email.digest, new_id()) if limited else None),
            enqueue(settings.outbox_table, service.sealer, message, caller, silent=limited or claim is None),
            service.audit.event(
                Event.EMAIL_CODE_REQUESTED,
                caller,
                user_id=claim["user_id"] if claim else None,
                email_digest=email.digest,
            ),
        )


def parse_link(token: str) -> tuple[bytes, bytes]:
    """Return the digest of the address and the digest of the secret of a link's token. Raises `ValueError` if it's none."""
    email_digest, secret = decode_token(token, TokenKind.EMAIL_CODE, _DIGEST_BYTES, _LINK_BYTES)
    return email_digest, digest(secret)


def fits(service: Service, code: EmailCode, digits: str) -> bool:
    """Return whether `digits` are those of `code`. Raises `Unavailable` if KMS fails."""
    return hmac.compare_digest(service.sealer.open(code.sealed_digits, _context(code.email_digest)), digits.encode())


def _context(email_digest: bytes) -> str:
    """What sealed digits are bound to. They're sealed, not hashed: all million of them are hashed in a moment."""
    return f"email code {base64url(email_digest)}"
