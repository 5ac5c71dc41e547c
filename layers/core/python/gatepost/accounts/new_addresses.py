"""Which e-mail addresses may be used for an account: all but those at domains that the deployment blocks."""

from gatepost.accounts.email_addresses import EmailAddress
from gatepost.errors import InvalidField
from gatepost.service import Service


def demand_allowed(service: Service, email: EmailAddress, *, field: str) -> None:
    """Compare the domain of `email` in its canonical form, and each that it's below, with the blocked ones. Who has an account
    by now keeps it. `field` is the member of the request that gave the address.

    Raises:
        InvalidField: saying that there's a policy, and nothing about accounts.
    """
    labels = email.domain.split(".")
    parents = {".".join(labels[start:]) for start in range(len(labels))}
    if not parents.isdisjoint(service.settings.blocked_email_domains):
        raise InvalidField(field, "is at a domain whose addresses are not accepted here: use another address")
