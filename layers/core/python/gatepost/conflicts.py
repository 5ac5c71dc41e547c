"""What stands against a change: the kinds of `gatepost.errors.Conflict`, each with its own code."""

from gatepost.errors import Conflict


class BuiltInRole(Conflict):
    """A built-in role can't be changed or deleted."""

    code = "built_in_role"
    default_detail = "Built-in roles can't be changed or deleted."


class IncludedRole(Conflict):
    """A role that others include can't be deleted."""

    code = "role_included"
    default_detail = "Other roles include this one: change them first."


class RoleCycle(Conflict):
    """A role would include itself, by whatever detour."""

    code = "role_cycle"
    default_detail = "A role can't include itself, be it by others."


class RolesTooDeep(Conflict):
    """A chain of roles that include each other would be too long."""

    code = "roles_too_deep"
    default_detail = "Roles include each other over too many steps: 8 at the most."


class RoleCatalogueFull(Conflict):
    """There would be too many roles, or all together would be too large."""

    code = "role_catalogue_full"
    default_detail = "There is no room for this: a deployment has 200 roles at the most, of 350 KB together."


class TooManyPermissions(Conflict):
    """A role, or the roles of a user together, would permit more than a token may carry."""

    code = "too_many_permissions"
    default_detail = "A token has room for 100 permissions of 3,000 characters together: use `*`, or fewer roles."


class PublicClient(Conflict):
    """A public client has no secret that could be rotated."""

    code = "public_client"
    default_detail = "A public client has no secret."


class TooManyClientSecrets(Conflict):
    """Too many secrets of a client still work, each for a day from its rotation."""

    code = "too_many_client_secrets"
    default_detail = "A client has 5 working secrets at the most: wait until older ones have expired."


class TooManyApiKeys(Conflict):
    """A user would have too many API keys."""

    code = "too_many_api_keys"
    default_detail = "A user has 25 API keys at the most: delete one first."


class IdempotencyKeyReused(Conflict):
    """An idempotency key was used before for another request."""

    code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request: choose a new one."


class RotationPending(Conflict):
    """A rotation of the signing keys was asked for already, and waits until its new key is known everywhere."""

    code = "rotation_pending"
    default_detail = "A rotation was asked for already: the next key signs once it was published for long enough."


class TooManyRoles(Conflict):
    """A user would have too many roles."""

    code = "too_many_roles"
    default_detail = "A user has 20 roles at the most."


class EmailTaken(Conflict):
    """An address has an account already."""

    code = "email_taken"
    default_detail = "This address has an account already."


class LastAdministrator(Conflict):
    """The last active administrator would be lost."""

    code = "last_administrator"
    default_detail = "This is the last administrator: make another one first."
