"""What checks look at: the deployment's stack and functions, AWS around them, the service at its own address.

Everything is looked at once. Where that isn't possible, `NotSeen` says what is missing.
"""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from cli.deployment import ALIAS, Deployment
from cli.diagnosis import web
from cli.diagnosis.refusals import NotSeen, allow, seeing
from gatepost.aws.clients import client
from gatepost.storage.table import Database

_T = TypeVar("_T")

_ADMIN = "AdminFunction"
_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
# What a service answers for what doesn't exist.
_ABSENT = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "TableNotFoundException",
}
# What a local stack does otherwise than by AWS.
_LOCALLY = {
    "cloudformation": "A local stack is none of CloudFormation's.",
    "lambda": "A local stack runs its functions in its own process.",
    "logs": "A local stack prints what its functions log.",
    "sesv2": "A local stack keeps its mails in its mailbox.",
    "sqs": "A local stack has no queues: it prints what fails.",
}


class Sight:
    """What can be seen of `deployment`."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._seen: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}

    @property
    def stack(self) -> str | None:
        """The name of the stack in CloudFormation; None for a local stack."""
        return self._deployment.stack

    def demand_there(self) -> None:
        """Demand that the deployment can be seen at all.

        Raises:
            Unreachable, or what the AWS SDK raises: it can't.
        """
        if self.stack is None:
            self._deployment.function(_ADMIN)
        else:
            self._client("cloudformation").describe_stack_resource(StackName=self.stack, LogicalResourceId=_ADMIN)

    def demand_deployed(self, otherwise: str) -> None:
        """Demand that this is no local stack, where, as `otherwise` says, things differ. Raises `NotSeen`."""
        if self.stack is None:
            raise NotSeen(otherwise)

    @property
    def protected(self) -> bool:
        """Whether this is a deployment that matters: one in AWS with DeletionProtection on. Raises `NotSeen`."""
        return self.stack is not None and self.parameter("DeletionProtection") == "true"

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Return what AWS answers, None where it says that there's no such thing. Raises `NotSeen`."""
        if self.stack is None and service in _LOCALLY:
            raise NotSeen(_LOCALLY[service])
        asked = json.dumps([service, operation, arguments], sort_keys=True)
        if asked not in self._seen:
            with seeing(service):
                self._seen[asked] = self._call(service, operation, arguments)
        return self._seen[asked]

    def _call(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:
        try:
            called = self._client(service)
            if not called.can_paginate(operation):
                return getattr(called, operation)(**arguments)
            return called.get_paginator(operation).paginate(**arguments).build_full_result()
        except ClientError as exc:
            if exc.response["Error"].get("Code") in _ABSENT:
                return None
            raise

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.create_client(service, config=_CONFIG)
        return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        """One for all clients: what it has read from botocore's data is read once."""
        return get_session()

    # ------------------------------------------------------------ the stack and its functions

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """The stack as CloudFormation describes it. Raises `NotSeen`."""
        described: Mapping[str, Any] = self.call("cloudformation", "describe_stacks", StackName=self.stack)["Stacks"][0]
        return described

    def parameter(self, name: str) -> str:
        """Return the value of the template's parameter `name`, empty if the stack has none. Raises `NotSeen`."""
        parameters = self.description.get("Parameters", [])
        return next((str(each["ParameterValue"]) for each in parameters if each["ParameterKey"] == name), "")

    def resources(self, type_: str) -> dict[str, str]:
        """Return the physical ids of the stack's resources of a type, by logical id. Raises `NotSeen`."""
        listed = self.call("cloudformation", "list_stack_resources", StackName=self.stack)["StackResourceSummaries"]
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in listed
            if each["ResourceType"] == type_ and "PhysicalResourceId" in each
        }

    def function_name(self, logical_id: str) -> str:
        """Return the name of a function of the template. Raises `NotSeen`."""
        names = self.resources("AWS::Lambda::Function")
        if logical_id not in names:
            raise NotSeen(f"The stack has no {logical_id}.", "Deploy the version that this command line is of: make deploy.")
        return names[logical_id]

    def configuration(self, logical_id: str) -> Mapping[str, Any]:
        """Return the configuration of a function as it runs. Raises `NotSeen`."""
        name = self.function_name(logical_id)
        found: Mapping[str, Any] | None = self.call("lambda", "get_function_configuration", FunctionName=name, Qualifier=ALIAS)
        if found is None:
            raise NotSeen(f"Lambda has no {name}:{ALIAS}.", "Mend functions.alias first.")
        return found

    def environment(self, logical_id: str) -> Mapping[str, str]:
        """Return the environment variables of a function as it runs. Raises `NotSeen`."""
        if self.stack is None:
            return self._deployment.function(logical_id).environment
        found = self.configuration(logical_id).get("Environment", {})
        if "Error" in found:
            # Lambda opens it in the name of whoever asks.
            raise NotSeen(f"The environment of {logical_id} is encrypted, and you may not read it.", allow("kms:Decrypt"))
        variables: Mapping[str, str] = found.get("Variables", {})
        return variables

    def setting(self, name: str, logical_id: str = "AccountFunction") -> str:
        """Return the setting `name` (``ISSUER``) of a function, empty if it has none. Raises `NotSeen`."""
        return self.environment(logical_id).get(f"GATEPOST_{name}", "")

    def needed(self, name: str, logical_id: str = "AccountFunction") -> str:
        """Return a setting that has no default. Raises `NotSeen` too if the function hasn't got it."""
        if not (value := self.setting(name, logical_id)):
            raise NotSeen(f"{logical_id} has no GATEPOST_{name}.", "Mend settings.valid first.")
        return value

    # ------------------------------------------------------------ what the functions work with

    def read(self, read: Callable[[Database], _T]) -> _T:
        """Return what `read` reads from the tables. Raises `NotSeen`."""
        with seeing("dynamodb"):
            return read(self._database)

    @cached_property
    def _database(self) -> Database:
        return Database(client("dynamodb"))

    def published(self, path: str) -> web.Answer:
        """Return what the service answers at `path` of its issuer. Raises `NotSeen` if the issuer isn't known."""
        return self.web(f"{self.needed('ISSUER')}{path}")

    def web(self, url: str) -> web.Answer:
        """Return what a GET of `url` answers."""
        if url not in self._seen:
            self._seen[url] = web.get(url)
        answer: web.Answer = self._seen[url]
        return answer
