"""How a command ends that can't do what it was asked for: what it says on stderr, and its exit code.

`click.UsageError` is 2, done is 0.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gatepost.errors import GatepostError


class Refused(click.ClickException):
    """Something was refused, or a check has found something."""

    exit_code = 1


class Unreachable(click.ClickException):
    """The deployment can't be reached, or the operator lacks the rights."""

    exit_code = 3


class Bug(click.ClickException):
    """What nobody has foreseen. sysexits.h calls it EX_SOFTWARE."""

    exit_code = 70


def told(exc: Exception) -> click.ClickException:
    """Return how a command ends that the rules or AWS stopped by raising `exc`: in a sentence."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (heavy, and most commands end well)
    from pydantic import ValidationError  # noqa: PLC0415

    from gatepost.errors import ConfigurationError, GatepostError, Unavailable  # noqa: PLC0415

    if isinstance(exc, Unavailable) and isinstance(exc.__cause__, ClientError | BotoCoreError):
        return Unreachable(of_aws(exc.__cause__))
    match exc:
        case Unavailable():
            return Unreachable(str(exc))
        case GatepostError():
            return Refused(of_rule(exc))
        case ValidationError():
            return Refused("\n".join(f"{of_place(error['loc'])}: {of_value(error)}" for error in exc.errors(include_url=False)))
        case ConfigurationError():
            return Unreachable(f"The deployment's settings are not those of this version of the command line. {exc}")
        case ClientError() | BotoCoreError():
            return Unreachable(of_aws(exc))
    return Bug(f"This is a bug: {type(exc).__name__}. Run it again with --debug to see where, and report it.")


def of_rule(refusal: "GatepostError") -> str:
    """Return what a rule has refused, in a sentence."""
    from gatepost.errors import InvalidField  # noqa: PLC0415

    said = f"{refusal.field} {refusal.reason}." if isinstance(refusal, InvalidField) else str(refusal)
    return f"{refusal.subject}: {said}" if refusal.subject else said


def of_place(place: Sequence[int | str]) -> str:
    """Return a place in what was given, as pydantic's errors have it, in words: ``scopes item 2``."""
    return " ".join(f"item {part + 1}" if isinstance(part, int) else part for part in place)


def of_value(error: Any) -> str:
    """Return what is wrong with a value, as pydantic says it."""
    return str(error["msg"]).removeprefix("Value error, ")


def of_aws(exc: Exception) -> str:
    """Return what AWS or its SDK says, in a sentence, and what to do about it."""
    from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError  # noqa: PLC0415

    match exc:
        case NoCredentialsError():
            return "AWS credentials are missing. Sign in (`aws sso login`) or set AWS_PROFILE."
        case NoRegionError():
            return "The AWS region is missing. Set AWS_REGION."
        case ClientError():
            error, operation = exc.response["Error"], exc.operation_name
            said = f"{error.get('Code', 'an error')} at {operation}: {error.get('Message', '')}"
            return f"AWS says {said.rstrip('.: ')}. Check the account (AWS_PROFILE), the region (AWS_REGION) and your rights."
    return f"{str(exc).rstrip('.')}. Check the network and the region (AWS_REGION), then try again."
