"""The deployment that a command works on: a CloudFormation stack, or a local stack on this machine.

What speaks to AWS is imported where it's used, here as in `cli.failures`: `--help` and a mistyped option don't wait for it.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.request import urlopen

import click

from cli.failures import Unreachable

if TYPE_CHECKING:
    from gatepost.administration.actors import Operator
    from gatepost.aws.functions import RemoteFunction
    from gatepost.caller import Caller
    from gatepost.config import AdminSettings
    from gatepost.service import Service

# What is heavy to import is imported where it's used, so that a command that is mistyped says so at once.

# Who works on a local stack.
LOCAL = "local"
_ADMIN = "AdminFunction"
ALIAS = "live"
"""What runs of a function in AWS: never $LATEST, which may be an update that was taken back."""
_SECONDS = 5  # in which a local stack answers
_LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?/?")


@dataclass(frozen=True)
class DeployedFunction:
    """A Lambda function of the deployment: its name, and its environment variables."""

    name: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Deployment:
    """A deployment. `title` names it for people; `operator` is the ARN of who works on it, as AWS knows them, and `local` on
    a local stack; `function` returns the function with a logical id of template.yaml, `physical_id` the name of whatever has
    such an id (the URL, of a queue). `stack` is the name of the CloudFormation stack, None for a local one; `address` is where
    a local one answers.
    """

    title: str
    operator: str
    function: Callable[[str], DeployedFunction]
    physical_id: Callable[[str], str]
    stack: str | None = None
    address: str = ""

    @cached_property
    def settings(self) -> "AdminSettings":
        """What the admin function reads. Raises `ConfigurationError`."""
        from gatepost.config import AdminSettings  # noqa: PLC0415

        return AdminSettings.from_environment(self.function(_ADMIN).environment)

    @cached_property
    def service(self) -> "Service":
        """What the rules work with, by these settings."""
        from gatepost.service import connect  # noqa: PLC0415

        return connect(self.settings)

    def acting(self) -> "tuple[Service, Operator, Caller]":
        """Return the service, the operator, with the roles as they are now, and whose call it is: what the rules of
        `gatepost.administration` want. Raises `Unavailable`.
        """
        from gatepost.administration import actors  # noqa: PLC0415
        from gatepost.caller import of_service  # noqa: PLC0415
        from gatepost.identifiers import new_id  # noqa: PLC0415

        return self.service, actors.operator(self.service, self.operator), of_service("gatepost command line", new_id())

    @cached_property
    def keys_function(self) -> "RemoteFunction":
        """The function that alone makes signing keys, as the admin function calls it."""
        from gatepost.aws.functions import RemoteFunction  # noqa: PLC0415

        return RemoteFunction(self.settings.keys_function)

    @cached_property
    def events_function(self) -> "RemoteFunction":
        """The function that alone puts events on the bus."""
        from gatepost.aws.functions import RemoteFunction  # noqa: PLC0415

        return RemoteFunction(f"{self.function('EventsFunction').name}:{ALIAS}")


def environment_of(lambda_: Any, name: str, qualifier: str) -> Mapping[str, str]:
    """Return the environment variables of a function in AWS, as a version or an alias of it has them.

    Raises:
        Unreachable: Lambda opens them in the name of whoever asks, who may not use the key.
    """
    configuration = lambda_.get_function_configuration(FunctionName=name, Qualifier=qualifier)
    if "Variables" not in configuration["Environment"]:
        raise Unreachable(f"You may not read the environment of {name}: kms:Decrypt on the stack's key is missing.")
    variables: Mapping[str, str] = configuration["Environment"]["Variables"]
    return variables


@contextmanager
def of_stack(name: str) -> Iterator[Deployment]:
    """Yield the deployment that is the CloudFormation stack `name`, with the AWS credentials of the environment.

    Raises:
        Unreachable: there is no such stack, or the operator may not see it.
    """
    from botocore.session import get_session  # noqa: PLC0415

    # botocore knows one of the two names alone, the AWS CLI both.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": region} if region else {}):
        session: Any = get_session()
        cloudformation, lambda_, sts = map(session.create_client, ("cloudformation", "lambda", "sts"))

        @cache
        def physical_id(logical_id: str) -> str:
            found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
            return str(found["StackResourceDetail"]["PhysicalResourceId"])

        @cache
        def function(logical_id: str) -> DeployedFunction:
            physical = physical_id(logical_id)
            return DeployedFunction(physical, environment_of(lambda_, physical, ALIAS))

        operator = sts.get_caller_identity()["Arn"]
        yield Deployment(f"the stack {name} in {cloudformation.meta.region_name}", operator, function, physical_id, name)


@contextmanager
def of_local_stack(url: str) -> Iterator[Deployment]:
    """Yield the deployment that `make run` serves at `url`. Inside the block, the AWS SDK speaks to its embedded AWS.

    Raises:
        click.UsageError: that is no address of this machine.
        Unreachable: nothing like it answers there.
    """
    if not _LOCAL.fullmatch(url):
        raise click.UsageError("--local is for a stack on this machine, by an address such as http://localhost:3000.")
    told = _told_by_local_stack(url.rstrip("/"))

    @cache
    def function(logical_id: str) -> DeployedFunction:
        if logical_id not in told["functions"]:
            raise Unreachable(f"The local stack at {url} has no {logical_id}: it's of another version. Start it again.")
        return DeployedFunction(**told["functions"][logical_id])

    def physical_id(logical_id: str) -> str:
        return str(told.get("queues", {}).get(logical_id) or function(logical_id).name)

    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with patch.dict(os.environ, others | told["aws"], clear=True):
        yield Deployment(f"the local stack at {url}", LOCAL, function, physical_id, address=url.rstrip("/"))


def _told_by_local_stack(url: str) -> Any:
    try:
        with urlopen(f"{url}/_local/deployment", timeout=_SECONDS) as answer:  # noqa: S310 (http, by _LOCAL)
            return json.load(answer)
    except (OSError, HTTPException, ValueError) as exc:
        raise Unreachable(f"No local stack answers at {url}. Start one with `make run`; it prints its address.") from exc
