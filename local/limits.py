"""`GATEPOST_LIMITS_SCALE`: wider limits for load tests. Only the local stack reads it."""

from local.errors import StackError


def scaled_limits(scale: str) -> dict[str, str]:
    """Return the environment that sets every limit of the account function to `scale` times its default.

    Raises:
        StackError: if `scale` isn't a positive whole number.
    """
    # The layer is importable only once a template was read.
    from gatepost.config import AccountSettings  # noqa: PLC0415

    if not scale.isdecimal() or int(scale) < 1:
        raise StackError(f"GATEPOST_LIMITS_SCALE is {scale!r}: set it to a whole number of at least 1, or unset it.")
    return {
        str(field.alias): str(field.default * int(scale))
        for name, field in AccountSettings.model_fields.items()
        if name.startswith("limit_")
    }
