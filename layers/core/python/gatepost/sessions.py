"""Sessions: what a sign-in leads to, and who may go on using one."""

from dataclasses import dataclass

from gatepost import access_tokens, clock, restores
from gatepost.access.roles import Rights
from gatepost.caller import Caller
from gatepost.identifiers import digest, new_id, new_secret
from gatepost.refresh_tokens import FAMILY_SECRET_BYTES, RefreshToken
from gatepost.service import Service
from gatepost.storage.sessions import Session
from gatepost.storage.users import User

DAY = 86_400  # seconds


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a sign-in that asks for nothing more."""

    user: User
    session: Session
    access_token: str
    refresh_token: str
    rights: Rights


def start(
    service: Service,
    user: User,
    caller: Caller,
    *,
    amr: tuple[str, ...],
    audience: tuple[str, ...],
    rights: Rights,
    device_name: str | None = None,
) -> SignedIn:
    """Return a new session of `user` with its tokens. It exists once its write (`storage.sessions.create`) is committed.

    `amr` names how the user proved who they are (RFC 8176), `rights` what they may (`service.roles`). Raises `Unavailable`
    if no token can be signed.
    """
    now_ms, settings = clock.now_ms(), service.settings
    now = now_ms // 1000
    family, current = new_secret()[:FAMILY_SECRET_BYTES], new_secret()
    session_id = new_id()
    session = Session(
        id=session_id,
        user_id=user.id,
        family_digest=digest(family),
        current_digest=digest(current),
        epoch=user.epoch,
        amr=amr,
        audience=audience,
        auth_time=now,
        created_at_ms=now_ms,
        last_used_at=now,
        expires_at=now + settings.session_idle_days * DAY,
        absolute_expires_at=now + settings.session_lifetime_days * DAY,
        ip=caller.ip,
        device_name=device_name,
    )
    return SignedIn(
        user=user,
        session=session,
        access_token=access_tokens.issue(service, user, session, rights),
        refresh_token=RefreshToken(user.id, session_id, family, current).encode(),
        rights=rights,
    )


def is_alive(service: Service, session: Session, user: User) -> bool:
    """Return whether `session` may still be used: it has not expired, its user is active and has not ended all sessions,
    and it's not from before a restore.
    """
    return (
        clock.now() < min(session.expires_at, session.absolute_expires_at)
        and not restores.is_from_before(service, session.created_at_ms // 1000)
        and user.status == "active"
        and user.epoch == session.epoch
    )
