"""Refreshing a session and signing out of it (RFC 6749, section 6; RFC 9700, section 4.14)."""

import hmac
from dataclasses import replace

from gatepost import access_tokens, clock, revocations, telemetry
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import InvalidRefreshToken
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.refresh_tokens import RefreshToken
from gatepost.service import Service
from gatepost.sessions import DAY, SignedIn, is_alive
from gatepost.storage import keys
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.sessions import Session
from gatepost.telemetry import Metric

# The client may have lost the answer, or asked twice at once: this long the token before the current one gets the same answer.
GRACE_MS = 30_000


def refresh(service: Service, token: str, caller: Caller, *, audience: str | None = None) -> SignedIn:
    """Exchange a refresh token for its successor and a new access token, in two sequential round trips to DynamoDB.

    Within `GRACE_MS` of its rotation the immediate predecessor gets the same successor; an older token is refused without
    effect. After that any old token ends the session: somebody else has it. `audience` is for this access token alone;
    without it, it's that of the sign-in.

    Raises:
        InvalidRefreshToken: wrong, old or expired, or the session or its user is no longer active.
        InvalidTarget: `audience` is not one of this deployment's.
    """
    presented = _decode(token)
    audiences = access_tokens.audience(service, audience) if audience else None
    # Nothing is rotated before its answer can be signed.
    service.signer.prepare()
    session, successor = _rotate(service, presented, caller)
    item, version = service.db.get_many((service.settings.users_table, keys.user(presented.user_id)), service.roles.version)
    user = user_items.from_item(item)
    if user is not None and user.epoch != session.epoch:
        # All other sessions ended, perhaps just now, and this one may have been kept.
        session = _read_session(service, presented) or session
    if user is None or not is_alive(service, session, user):
        # The user was disabled or ended this session too, perhaps while this was under way.
        raise InvalidRefreshToken
    session = replace(session, audience=audiences or session.audience)
    rights = service.roles.rights_of(user, version)
    return SignedIn(user, session, access_tokens.issue(service, user, session, rights), successor.encode(), rights)


def sign_out(service: Service, token: str, caller: Caller) -> None:
    """End the session of a refresh token, current or old; do nothing for a token that is none or of no session."""
    try:
        presented = _decode(token)
        table = service.settings.sessions_table
        service.db.transact(
            session_items.end(table, presented.user_id, presented.session_id, presented.family_digest),
            revocations.of_session(table, presented.session_id),
            service.audit.event(
                Event.SIGNED_OUT,
                caller,
                user_id=presented.user_id,
                actor_id=presented.user_id,
                session_id=presented.session_id,
            ),
        )
    except (InvalidRefreshToken, ConditionFailed):
        return


def _decode(token: str) -> RefreshToken:
    try:
        return RefreshToken.decode(token)
    except ValueError as exc:
        raise InvalidRefreshToken from exc


def _read_session(service: Service, presented: RefreshToken) -> Session | None:
    key = keys.session(presented.user_id, presented.session_id)
    return session_items.from_item(service.db.get(service.settings.sessions_table, key))


def _rotate(service: Service, presented: RefreshToken, caller: Caller) -> tuple[Session, RefreshToken]:
    """Return the session as it is now and the token that is current, if `presented` is or was just before."""
    now_ms, successor = clock.now_ms(), presented.successor()
    try:
        item = service.db.write(
            session_items.rotate(
                service.settings.sessions_table,
                presented.user_id,
                presented.session_id,
                family_digest=presented.family_digest,
                current_digest=presented.secret_digest,
                next_digest=successor.secret_digest,
                sealed_successor=presented.seal(successor),
                now_ms=now_ms,
                expires_at=now_ms // 1000 + service.settings.session_idle_days * DAY,
            )
        )
    except ConditionFailed as refusal:
        return _judge(service, presented, successor, session_items.from_item(refusal.items[0]), caller)
    return session_items.of(item), successor


def _judge(
    service: Service, presented: RefreshToken, successor: RefreshToken, session: Session | None, caller: Caller
) -> tuple[Session, RefreshToken]:
    """Say what a token that is not current means, given what stood in its session."""
    if session is None or not hmac.compare_digest(session.family_digest, presented.family_digest):
        raise InvalidRefreshToken  # made up: who knows only the ids may end nothing
    if clock.now() >= min(session.expires_at, session.absolute_expires_at):
        raise InvalidRefreshToken
    if hmac.compare_digest(session.current_digest, successor.secret_digest):
        return session, successor  # the SDK lost the answer to its first try and met its own write
    rotation = session.rotation
    # Also where the clock has stepped back: the grace isn't given twice.
    if rotation is None or abs(clock.now_ms() - rotation.at_ms) >= GRACE_MS:
        _end_for_reuse(service, presented, caller)
        raise InvalidRefreshToken
    if hmac.compare_digest(rotation.previous_digest, presented.secret_digest):
        return session, presented.unseal(rotation.sealed_successor)
    raise InvalidRefreshToken


def _end_for_reuse(service: Service, presented: RefreshToken, caller: Caller) -> None:
    """End the session, and tell its user: an old token is in somebody's hands."""
    settings = service.settings
    user = user_items.from_item(service.db.get(settings.users_table, keys.user(presented.user_id)))
    notices = []
    if user is not None:
        mail = Mail(to=user.email, kind=MailKind.REFRESH_TOKEN_REUSED, parameters={})
        notices.append(enqueue(settings.outbox_table, service.sealer, mail, caller))
    try:
        service.db.transact(
            session_items.end(settings.sessions_table, presented.user_id, presented.session_id, presented.family_digest),
            revocations.of_session(settings.sessions_table, presented.session_id),
            service.audit.event(
                Event.REFRESH_TOKEN_REUSED,
                caller,
                user_id=presented.user_id,
                session_id=presented.session_id,
                reason="old_refresh_token_presented",
            ),
            *notices,
        )
    except ConditionFailed:
        return  # ended by another call meanwhile, which has told the user
    telemetry.count(Metric.REFRESH_TOKEN_REUSED)
