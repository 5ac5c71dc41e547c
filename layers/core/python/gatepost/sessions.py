"""Sessions: what a sign-in leads to, and who may go on using one."""

from dataclasses import dataclass

from gatepost import access_tokens, clock
from gatepost.caller import Caller
from gatepost.identifiers import TokenKind, digest, encode_token, new_id, new_secret
from gatepost.service import Service
from gatepost.storage.sessions import Session
from gatepost.storage.users import User

FAMILY_SECRET_BYTES = 16


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a sign-in that asks for nothing more."""

    user: User
    session: Session
    access_token: str
    refresh_token: str


def start(
    service: Service,
    user: User,
    caller: Caller,
    *,
    amr: tuple[str, ...],
    audience: tuple[str, ...],
    device_name: str | None = None,
) -> SignedIn:
    """Return a new session of `user` with its tokens. It exists once its write (`storage.sessions.create`) is committed.

    `amr` names how the user proved who they are (RFC 8176). Raises `Unavailable` if no token can be signed.
    """
    now, settings = clock.now(), service.settings
    family, current = new_secret()[:FAMILY_SECRET_BYTES], new_secret()
    session = Session(
        id=new_id(),
        user_id=user.id,
        family_digest=digest(family),
        current_digest=digest(current),
        epoch=user.epoch,
        amr=amr,
        audience=audience,
        auth_time=now,
        created_at=now,
        last_used_at=now,
        idle_expires_at=now + settings.session_idle_seconds,
        absolute_expires_at=now + settings.session_lifetime_seconds,
        ip=caller.ip,
        device_name=device_name,
    )
    return SignedIn(
        user=user,
        session=session,
        access_token=access_tokens.issue(service, user, session),
        refresh_token=refresh_token(session, family, current),
    )


def refresh_token(session: Session, family: bytes, current: bytes) -> str:
    """Return the opaque token that names its session and proves its family and place in it."""
    return encode_token(TokenKind.REFRESH, bytes.fromhex(session.user_id), bytes.fromhex(session.id), family, current)


def is_alive(session: Session | None, user: User | None) -> bool:
    """Return whether `session` may still be used: it has not expired, and its user is active and has not ended all sessions."""
    return (
        session is not None
        and user is not None
        and clock.now() < session.expires_at
        and user.status == "active"
        and user.epoch == session.epoch
    )
