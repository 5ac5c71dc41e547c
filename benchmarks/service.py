"""The service on DynamoDB Local, with users, and its built account function beside it, on the same tables."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from benchmarks import built
from local import TEMPLATE
from local.aws import DYNAMODB_URL, embedded_aws
from local.model import Function
from local.stack import Stack
from tests.e2e.built import Lambda, built_lambda
from tests.support import Api, new_email
from tools import dynamodb_local

# What this process does isn't worth a line of log.
_PARAMETERS = built.PARAMETERS[TEMPLATE] | {"LogLevel": "ERROR"}
PASSWORD = "correct horse battery staple"  # noqa: S105 (the users' here)


@dataclass(frozen=True)
class Service:
    """The service in this process; Lambda for others; the built account function as this service would have it."""

    stack: Stack
    runtime: Lambda
    account: Function

    def users(self, number: int) -> list[str]:
        """Sign up so many users. Returns their addresses."""
        emails = [new_email() for _ in range(number)]
        for email in emails:
            Api(self.stack).sign_up(email, PASSWORD)
        return emails


@contextmanager
def on_dynamodb_local(limits_scale: str = "") -> Iterator[Service]:
    """Run it inside the block, its limits wider by `limits_scale`.

    Raises:
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    with (
        dynamodb_local.engine(dynamodb_local.free_port()) as (url, _),
        patch.dict(os.environ, {DYNAMODB_URL: url}),
        embedded_aws() as mailbox,
        Stack(TEMPLATE, mailbox, parameters=_PARAMETERS, limits_scale=limits_scale) as stack,
        tempfile.TemporaryDirectory() as folder,
        built_lambda(Path(folder)) as runtime,
    ):
        there = stack.functions["AccountFunction"].definition.environment
        yield Service(stack, runtime, replace(built.account(), environment={**there, "POWERTOOLS_LOG_LEVEL": "INFO"}))
