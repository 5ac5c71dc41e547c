"""What a new password may be for one user: not common, not breached, not their address, not the service's name (NIST SP
800-63B, 5.1.1.2).
"""

import string

from gatepost import telemetry
from gatepost.errors import PasswordRefused
from gatepost.service import Service
from gatepost.telemetry import Metric


def demand_acceptable(service: Service, password: str, email: str, *, field: str) -> None:
    """Compare `password`, as given and case-folded without leading and trailing digits and punctuation.

    `field` is the member of the request that gave it. Its length was checked at the edge (`passwords.refusal`).
    Containing such a word is allowed. Then a service is asked for breached passwords, if the deployment names one:
    call this once a request, before anything is written.

    Raises:
        PasswordRefused: saying why.
    """
    # Read only where a password is set: half a megabyte.
    from gatepost.credentials.common_passwords import is_common  # noqa: PLC0415

    folded = password.casefold()
    forms = {password, folded, folded.strip(string.digits + string.punctuation)} - {""}
    own = {email.rpartition("@")[0].casefold(), email.casefold()}
    if forms & own:
        raise PasswordRefused(field, "is the e-mail address: choose one that nobody can tell from it")
    if service.settings.service_name.casefold() in forms:
        raise PasswordRefused(field, "is the name of the service: choose one that nobody can tell from it")
    if any(is_common(form) for form in forms):
        raise PasswordRefused(field, "is among the most common ones, which are tried first: choose another")
    breached = service.breached_passwords
    if breached is not None and breached.holds(password):
        telemetry.count(Metric.BREACHED_PASSWORD_REFUSED)
        raise PasswordRefused(field, "is known from a data breach, and such ones are tried first: choose another")
