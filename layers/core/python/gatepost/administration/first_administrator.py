"""The first administrator, whom the deployment invites: once, and never another once they have accepted."""

from gatepost import clock
from gatepost.access.roles import ADMIN
from gatepost.accounts import invitations
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.caller import Caller
from gatepost.conflicts import EmailTaken
from gatepost.identifiers import new_id
from gatepost.service import Service
from gatepost.storage import first_administrator, keys
from gatepost.storage.writes import check, delete


def ensure_invited(service: Service, email: EmailAddress, caller: Caller) -> None:
    """Invite the owner of an address to be the first administrator, unless there is one, or was, or they are invited already.

    While nobody has accepted, another address, or the same once its invitation has expired, is invited in place of the one
    before, whose link dies: a mistyped address is mended by deploying again.

    Raises:
        EmailTaken: the address has an account, but there is no administrator.
        ConditionFailed: something of this changed meanwhile; trying again is safe.
    """
    settings, db = service.settings, service.db
    users, sessions = settings.users_table, settings.sessions_table
    noted, administrators, claim = db.get_many(
        (users, keys.first_administrator()), (users, keys.administrators()), (users, keys.email_claim(email.digest))
    )
    if (administrators and administrators.get("ids")) or (noted and "accepted_at" in noted):
        return
    if noted and noted["email_digest"] == email.digest and clock.now() < noted["invited_until"]:
        return
    if claim:
        raise EmailTaken
    invitation = invitations.new(email, new_id(), None, (ADMIN,), invited_by=None)
    replaced = []
    if noted:
        replaced.append(delete(sessions, keys.invitation(noted["user_id"])))
        if noted["email_digest"] != email.digest:
            replaced.append(delete(sessions, keys.invited_address(noted["email_digest"])))
    db.transact(
        first_administrator.note(users, invitation, replacing=noted),
        first_administrator.demand_none(users),
        check(users, keys.email_claim(email.digest), "attribute_not_exists(pk)"),
        *replaced,
        *invitations.inviting(service, invitation, caller),
    )
