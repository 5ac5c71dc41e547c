"""Answering the mail of a registration: its link and its own password make the account."""

import hmac

from gatepost import access_tokens, clock, guesses, sessions
from gatepost.access.roles import USER
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import verify_password
from gatepost.errors import InvalidCredentials, InvalidToken
from gatepost.identifiers import SECRET_BYTES, TokenKind, decode_token, digest, new_id
from gatepost.service import Service
from gatepost.sessions import SignedIn
from gatepost.storage import attempts, keys, suppressions
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.attempts import SLOTS, Attempt
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import together
from gatepost.storage.users import User

_DIGEST_BYTES = 32
_SLOT_BYTES = 1


def verify_email(service: Service, token: str, password: str, caller: Caller, *, audience: str | None = None) -> SignedIn:
    """Turn the attempt that `token` was mailed for into an account, and sign its user in.

    Raises:
        InvalidToken: the token is wrong, used or expired, or the address has an account by now.
        InvalidCredentials: the password is not the attempt's; the token stays usable.
        InvalidTarget: `audience` is not one of this deployment's.
        RateLimited: too many wrong passwords for this address or from this client.
    """
    settings, db = service.settings, service.db
    audiences = access_tokens.audience(service, audience)
    email_digest, slot, secret = _parse(token)
    wanted = (
        (settings.sessions_table, keys.registration_attempt(email_digest, slot)),
        (settings.users_table, keys.email_claim(email_digest)),
        service.roles.version,
    )
    with guesses.reserved(service, email_digest, caller, beside=lambda: db.get_many(*wanted)) as (guess, found):
        item, claim, version = found
        attempt = attempts.from_item(item, email_digest)
        if attempt is None or claim or clock.now() >= attempt.expires_at or not _holds(attempt, secret):
            guess.take_back()
            raise InvalidToken
        if not verify_password(password, attempt.password_hash):
            guess.wrong = True
            event = service.audit.event(Event.SIGN_IN_FAILED, caller, email_digest=email_digest, reason="wrong_password")
            db.write(event)
            raise InvalidCredentials("This is not the password that was given at registration.")

        user = _new_user(attempt)
        rights = service.roles.rights_of(user, version)
        signed_in = sessions.start(service, user, caller, amr=("pwd",), audience=audiences, rights=rights)
        try:
            together(
                lambda: db.transact(
                    *user_items.create(settings.users_table, user),
                    session_items.create(settings.sessions_table, signed_in.session),
                    *attempts.use(settings.sessions_table, attempt, digest(secret)),
                    suppressions.lift(settings.sessions_table, email_digest),
                    service.audit.event(
                        Event.USER_REGISTERED, caller, user_id=user.id, actor_id=user.id, session_id=signed_in.session.id
                    ),
                ),
                *guess.refunds,
            )
        except ConditionFailed as exc:
            raise InvalidToken from exc
    return signed_in


def _parse(token: str) -> tuple[bytes, int, bytes]:
    try:
        email_digest, slot, secret = decode_token(token, TokenKind.EMAIL_VERIFICATION, _DIGEST_BYTES, _SLOT_BYTES, SECRET_BYTES)
    except ValueError as exc:
        raise InvalidToken from exc
    number = int.from_bytes(slot)
    if number >= SLOTS:
        raise InvalidToken
    return email_digest, number, secret


def _holds(attempt: Attempt, secret: bytes) -> bool:
    return any(hmac.compare_digest(known, digest(secret)) for known in attempt.token_digests)


def _new_user(attempt: Attempt) -> User:
    return User(
        id=new_id(),
        email=attempt.email,
        email_digest=attempt.email_digest,
        email_verified=True,
        name=attempt.name,
        password_hash=attempt.password_hash,
        status="active",
        roles=(USER,),
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
