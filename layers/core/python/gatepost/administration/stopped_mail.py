"""Mail that has stopped to an address, and letting it go there again: for a mailbox that is known to be back."""

from gatepost.accounts.email_addresses import EmailAddress
from gatepost.administration import actors
from gatepost.administration.actors import Operator
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import Conflict, NotFound
from gatepost.service import Service
from gatepost.storage import keys, suppressions
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.suppressions import Suppression
from gatepost.storage.writes import check


def find(service: Service, address: EmailAddress) -> Suppression | None:
    """Return why mail to `address` has stopped, None if it hasn't."""
    return suppressions.from_item(service.db.get(service.settings.sessions_table, keys.suppression(address.digest)))


def resume(service: Service, me: Operator, address: EmailAddress, caller: Caller) -> None:
    """Let mail go to `address` again, as if it had never come back. What was dropped meanwhile isn't sent.

    Raises:
        NotFound: it hasn't stopped.
        Conflict: another mail came back, or the account got another address, meanwhile.
    """
    settings, db = service.settings, service.db
    claim, item = db.get_many(
        (settings.users_table, keys.email_claim(address.digest)),
        (settings.sessions_table, keys.suppression(address.digest)),
    )
    if item is None or suppressions.from_item(item) is None:
        raise NotFound("Mail to this address hasn't stopped.")
    user_id = claim["user_id"] if claim else None
    if user_id is None:
        account = check(settings.users_table, keys.email_claim(address.digest), "attribute_not_exists(pk)")
    else:
        account = user_items.resume_mail(settings.users_table, user_id, address.digest)
    try:
        db.transact(
            suppressions.lift_as_read(settings.sessions_table, address.digest, item),
            account,
            service.audit.event(Event.EMAIL_RESUMED, caller, user_id=user_id, email_digest=address.digest, **actors.by(me)),
        )
    except ConditionFailed as exc:
        raise Conflict from exc
