"""Making users: at once, without a password until they choose one, or by an invitation that they accept. Either way by mail."""

from collections.abc import Iterator
from contextlib import contextmanager

from gatepost import clock, limits
from gatepost.access.authority import demand_holds
from gatepost.access.roles import USER
from gatepost.accounts import invitations
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.accounts.new_addresses import demand_allowed
from gatepost.administration import actors
from gatepost.administration.users import find, same_judge, transact
from gatepost.audit import Event
from gatepost.authentication import Principal
from gatepost.caller import Caller
from gatepost.conflicts import EmailTaken
from gatepost.credentials.passwords import no_password
from gatepost.errors import Conflict, InvalidField, NotFound
from gatepost.identifiers import TokenKind, is_id, new_id
from gatepost.outbox import Mail, MailKind, enqueue
from gatepost.service import Service
from gatepost.storage import invitations as invitation_items
from gatepost.storage import keys, one_time_tokens
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.invitations import Invitation
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.users import User
from gatepost.storage.writes import check

DEFAULT_ROLES = (USER,)


def invite(
    service: Service, me: Principal, email: EmailAddress, name: str | None, roles: tuple[str, ...], caller: Caller
) -> Invitation:
    """Mail the owner of an address an invitation to have an account with these roles; it replaces any sent before.

    Raises:
        InvalidField: there is no such role, or the address is at a blocked domain.
        NotPermitted: `me` doesn't hold all that the roles permit, or that an invitation before permits.
        EmailTaken: the address has an account.
        RateLimited: the address was invited too often.
        TooManyPermissions: the roles together would permit more than a token may carry.
        Conflict: `me`, the roles or the invitation changed meanwhile.
    """
    settings, db = service.settings, service.db
    demand_allowed(service, email, field="email")
    _demand_may_give(me, roles)
    claim_key, standing_key = keys.email_claim(email.digest), keys.invited_address(email.digest)
    claim, standing = db.get_many((settings.users_table, claim_key), (settings.sessions_table, standing_key))
    if claim:
        raise EmailTaken
    user_id = new_id()
    if standing and clock.now() < standing["expires_at"]:
        demand_holds(me.permissions, me.catalogue.permissions_of(standing["roles"]))
        user_id = standing["user_id"]
    invitation = invitations.new(email, user_id, name, roles, me.user.id)
    with _mail_counted(service, email):
        try:
            db.transact(
                check(settings.users_table, claim_key, "attribute_not_exists(pk)"),
                *invitations.inviting(service, invitation, caller, **actors.by(me)),
                *same_judge(service, me),
            )
        except ConditionFailed as exc:
            raise EmailTaken if set(exc.items) == {0} else Conflict from exc
    return invitation


def create(
    service: Service, me: Principal, email: EmailAddress, name: str | None, roles: tuple[str, ...], caller: Caller
) -> User:
    """Make a user at once, with no password and an address that is not verified. They're mailed a link that sets a password and
    thereby verifies the address; so does a code. Raises what `invite` does.
    """
    settings = service.settings
    demand_allowed(service, email, field="email")
    _demand_may_give(me, roles)
    if service.db.get(settings.users_table, keys.email_claim(email.digest)):
        raise EmailTaken
    user = User(
        id=new_id(),
        email=email.address,
        email_digest=email.digest,
        email_verified=False,
        name=name,
        password_hash=no_password(),
        status="active",
        roles=roles,
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
    event = actors.event(service, me, Event.USER_CREATED, caller, user_id=user.id, role=" ".join(roles) or None)
    token = OneTimeToken.new(TokenKind.PASSWORD_RESET, user.id)
    link = f"{settings.issuer}/ui/reset-password?token={token.encode()}"
    with _mail_counted(service, email):
        transact(
            service,
            me,
            None,
            user,
            *user_items.create(settings.users_table, user),
            one_time_tokens.write(settings.sessions_table, token, invitations.LIFETIME, email_digest=user.email_digest),
            enqueue(settings.outbox_table, service.sealer, Mail(user.email, MailKind.ACCOUNT_CREATED, {"link": link}), caller),
            event,
        )
    return user


def known(service: Service, me: Principal, user_id: str) -> User | Invitation:
    """Return the user with this id, or the invitation of who is to have it. Raises `NotFound`."""
    try:
        return find(service, me, user_id)
    except NotFound:
        item = service.db.get(service.settings.sessions_table, keys.invitation(user_id)) if is_id(user_id) else None
        invitation = invitation_items.from_item(item)
        if invitation is None or clock.now() >= invitation.expires_at:
            raise
        return invitation


def withdraw(service: Service, me: Principal, invitation: Invitation, caller: Caller) -> None:
    """Let an invitation open nothing any more.

    Raises:
        NotPermitted: `me` doesn't hold all that its roles permit.
        Conflict: it was accepted, withdrawn or replaced meanwhile, or `me` or the roles changed.
    """
    demand_holds(me.permissions, me.catalogue.permissions_of(invitation.roles))
    try:
        service.db.transact(
            *invitation_items.withdraw(service.settings.sessions_table, invitation),
            *same_judge(service, me),
            actors.event(service, me, Event.INVITATION_WITHDRAWN, caller, user_id=invitation.user_id),
        )
    except ConditionFailed as exc:
        raise Conflict from exc


@contextmanager
def _mail_counted(service: Service, email: EmailAddress) -> Iterator[None]:
    """Count a mail that tells of a new account; if what is to cause it can't be committed, it counts no more.

    Raises:
        RateLimited: too many went to this address.
    """
    db, table = service.db, service.settings.sessions_table
    wanted = (service.limits.invitation_mails, limits.account(email.digest))
    _, outcomes = limits.ask(db, table, wanted, beside=lambda: None)
    with limits.taken_back_if_unavailable(db, table, limits.all_or_none(db, table, outcomes)):
        yield


def _demand_may_give(me: Principal, roles: tuple[str, ...]) -> None:
    if me.catalogue.existing(roles) != roles:
        raise InvalidField("roles", "names a role that doesn't exist")
    demand_holds(me.permissions, me.catalogue.permissions_of(roles))
    me.catalogue.rights_of(roles)
