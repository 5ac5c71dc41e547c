"""Invitations: who is mailed one has an account once they accept it with a password of their own; none exists before."""

from typing import Unpack

from gatepost import access_tokens, clock, sessions
from gatepost.access.authority import demand_holds
from gatepost.access.roles import ADMIN, Catalogue
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_passwords import demand_acceptable
from gatepost.audit import By, Event
from gatepost.caller import Caller
from gatepost.credentials.passwords import hash_password
from gatepost.errors import Conflict, InvalidToken, NotPermitted
from gatepost.identifiers import TokenKind
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.sessions import SignedIn
from gatepost.storage import administrators, attempts, first_administrator, keys, suppressions
from gatepost.storage import invitations as invitation_items
from gatepost.storage import roles as role_items
from gatepost.storage import sessions as session_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.invitations import Invitation
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.users import User
from gatepost.storage.writes import Write

LIFETIME = 7 * 86_400  # seconds


def new(email: EmailAddress, user_id: str, name: str | None, roles: tuple[str, ...], invited_by: str | None) -> Invitation:
    """Return an invitation from now on."""
    now = clock.now()
    return Invitation(user_id, email.address, email.digest, name, roles, invited_by, now, now + LIFETIME)


def inviting(service: Service, invitation: Invitation, caller: Caller, **by: Unpack[By]) -> list[Write]:
    """Return the writes that invite: what the table knows, the mail with the link, and the event, in the trail of who is
    invited. Where nobody did it, the deployment does.
    """
    settings = service.settings
    token = OneTimeToken.new(TokenKind.INVITATION, invitation.user_id)
    link = f"{settings.issuer}/ui/accept-invitation?token={token.encode()}"
    return [
        *invitation_items.write(settings.sessions_table, invitation, token),
        enqueue(settings.outbox_table, service.sealer, Mail(invitation.email, MailKind.INVITATION, {"link": link}), caller),
        service.audit.event(
            Event.USER_INVITED,
            caller,
            user_id=invitation.user_id,
            role=" ".join(invitation.roles) or None,
            **by,
        ),
    ]


def accept(
    service: Service, token: str, password: str, name: str | None, caller: Caller, *, audience: str | None = None
) -> SignedIn:
    """Make the account that `token` invites to, with a password and perhaps another name, and sign its user in.

    It gets its roles only while who invited them may still give them.

    Raises:
        InvalidToken: the token is wrong, used, replaced, withdrawn or expired; the address has an account by now; or who
            invited may no longer do so.
        PasswordRefused: the password is common, the address or the service's name; the token stays usable.
        InvalidTarget: `audience` is not one of this deployment's.
        Conflict: the roles, or who invited, changed at this moment.
    """
    settings, db = service.settings, service.db
    audiences = access_tokens.audience(service, audience)
    try:
        presented = OneTimeToken.decode(TokenKind.INVITATION, token)
    except ValueError as exc:
        raise InvalidToken from exc
    item, version = db.get_many((settings.sessions_table, presented.key), service.roles.version)
    invitation = invitation_items.from_item(item)
    if invitation is None or not presented.opens(item):
        raise InvalidToken
    demand_acceptable(service, password, invitation.email, field="password")
    catalogue = service.roles.at(version)
    demands = _demand_may_give(service, invitation, catalogue)
    user = _new_user(invitation, name, password)
    rights = service.roles.rights_of(user, version)
    signed_in = sessions.start(service, user, caller, amr=("pwd",), audience=audiences, rights=rights)
    try:
        db.transact(
            *demands,
            *user_items.create(settings.users_table, user),
            *_administration(service, invitation),
            *invitation_items.use(settings.sessions_table, invitation, presented),
            *attempts.forget(settings.sessions_table, user.email_digest),
            suppressions.lift(settings.sessions_table, user.email_digest),
            session_items.create(settings.sessions_table, signed_in.session),
            service.audit.event(
                Event.INVITATION_ACCEPTED, caller, user_id=user.id, actor_id=user.id, session_id=signed_in.session.id
            ),
        )
    except ConditionFailed as exc:
        raise Conflict if min(exc.items) < len(demands) else InvalidToken from exc
    return signed_in


def _demand_may_give(service: Service, invitation: Invitation, catalogue: Catalogue) -> list[Write]:
    """Demand that who invited still holds all that the roles permit, and return the writes that demand it to stay so.

    Raises:
        InvalidToken: if they don't.
    """
    settings = service.settings
    demands = [role_items.demand_unchanged(settings.roles_table, catalogue)]
    given = catalogue.permissions_of(invitation.roles)
    if not given or invitation.invited_by is None:
        return demands
    inviter = user_items.from_item(service.db.get(settings.users_table, keys.user(invitation.invited_by)))
    if inviter is None or inviter.status != "active":
        raise InvalidToken
    try:
        demand_holds(catalogue.permissions_of(inviter.roles), given)
    except NotPermitted as exc:
        raise InvalidToken from exc
    return [*demands, user_items.demand_same_rights(settings.users_table, inviter)]


def _administration(service: Service, invitation: Invitation) -> list[Write]:
    """Return the writes of an invitation that makes an administrator, the deployment's first one or a further one."""
    table = service.settings.users_table
    if invitation.invited_by is None:
        now = clock.now()
        return [
            first_administrator.accept(table, invitation, now),
            administrators.add_first(table, invitation.user_id),
        ]
    return [administrators.add(table, invitation.user_id)] if ADMIN in invitation.roles else []


def _new_user(invitation: Invitation, name: str | None, password: str) -> User:
    return User(
        id=invitation.user_id,
        email=invitation.email,
        email_digest=invitation.email_digest,
        email_verified=True,
        name=name or invitation.name,
        password_hash=hash_password(password),
        status="active",
        roles=invitation.roles,
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
