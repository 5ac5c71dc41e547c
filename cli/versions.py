"""The versions of a deployment's functions, and its updates: what goes back, and what is stopped.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.session import get_session

from cli.deployment import ALIAS, Deployment, environment_of
from cli.diagnosis.declared import FUNCTIONS
from cli.failures import Refused
from cli.settings_difference import Change, changes

# SAM's names for what it makes of DeploymentPreference.
_APPLICATION = "ServerlessDeploymentApplication"
_GROUP = "{}DeploymentGroup"
# What ends by itself no more, and how people end it.
_NEVER_MADE = "It was never made: delete it (`aws cloudformation delete-stack --stack-name {stack}`), and deploy again."
_STUCK = {
    "UPDATE_ROLLBACK_FAILED": "Its events name what failed (`aws cloudformation describe-stack-events --stack-name {stack}`). "
    "Mend that, then `aws cloudformation continue-update-rollback --stack-name {stack}`; afterwards, run this again.",
    "ROLLBACK_FAILED": _NEVER_MADE,
    "ROLLBACK_COMPLETE": _NEVER_MADE,
}
_GOING_ON = ["Created", "Queued", "InProgress", "Baking", "Ready"]


@dataclass(frozen=True)
class Version:
    """A published version of a function, and when it was published, in seconds since the epoch."""

    number: int
    published: float


@dataclass(frozen=True)
class Function:
    """A function, the version that is called, and the one to go back to, if it isn't that already."""

    logical_id: str
    name: str
    live: Version
    before: Version | None

    def described(self) -> dict[str, Any]:
        """Return what programs are told."""
        return {
            "function": self.logical_id,
            "live": self.live.number,
            "before": self.before.number if self.before else None,
        }


class Lambda:
    """The functions of `deployment`, as Lambda knows them."""

    def __init__(self, deployment: Deployment, client: Any) -> None:
        self._deployment = deployment
        self._client = client

    def functions(self, before: float) -> list[Function]:
        """Return all, each with the newest version that was published before that time and is older than the live one."""
        return [self._function(logical_id, before) for logical_id in FUNCTIONS]

    def settings_changed(self, functions: Iterable[Function]) -> list[Change]:
        """Return which environment variables change if `functions` go back. Raises `Unreachable`."""
        return changes(
            (
                function.logical_id,
                environment_of(self._client, function.name, str(function.live.number)),
                environment_of(self._client, function.name, str(function.before.number)),
            )
            for function in functions
            if function.before
        )

    def go_back(self, function: Function) -> None:
        """Let all calls of `function` go to the version before."""
        if function.before is None:
            raise ValueError(f"{function.logical_id} has nothing to go back to")
        self._client.update_alias(
            FunctionName=function.name,
            Name=ALIAS,
            FunctionVersion=str(function.before.number),
            RoutingConfig={"AdditionalVersionWeights": {}},
        )

    def _function(self, logical_id: str, before: float) -> Function:
        name = self._deployment.physical_id(logical_id)
        live = int(self._client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"])
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        published = {
            int(each["Version"]): Version(int(each["Version"]), datetime.fromisoformat(each["LastModified"]).timestamp())
            for page in pages
            for each in page["Versions"]
            if each["Version"].isdecimal()
        }
        earlier = [version for number, version in published.items() if number < live and version.published < before]
        newest = max(earlier, key=lambda version: version.number, default=None)
        return Function(logical_id, name, published[live], newest if published[live].published >= before else None)


class Updates:
    """The updates of `deployment`, as CloudFormation and CodeDeploy know them."""

    def __init__(self, deployment: Deployment, cloudformation: Any, codedeploy: Any) -> None:
        self._deployment = deployment
        self._cloudformation = cloudformation
        self._codedeploy = codedeploy

    def began(self) -> float:
        """Return when the last one began, in seconds since the epoch; if there was none, when the stack was made."""
        stack = self._stack()
        at: datetime = stack.get("LastUpdatedTime", stack["CreationTime"])
        return at.timestamp()

    def under_way(self) -> bool:
        """Return whether one goes on that can be stopped.

        Raises:
            Refused: one is being taken back already, or waits for what only people can do.
        """
        status: str = self._stack()["StackStatus"]
        if status in _STUCK:
            raise Refused(f"The stack is {status}, and stays so. {_STUCK[status].format(stack=self._deployment.stack)}")
        if "ROLLBACK" in status and status.endswith("_IN_PROGRESS"):
            raise Refused(f"The stack is {status}: wait for its end. `gatepost doctor functions.stack` says how it is.")
        return status == "UPDATE_IN_PROGRESS"

    def stop(self) -> str:
        """Stop what goes on, so that CloudFormation takes it back; return a sentence that says what was stopped."""
        stopped = []
        for logical_id in FUNCTIONS:
            for deployment_id in self._going_on(logical_id):
                self._codedeploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)
                stopped.append(logical_id)
        if not stopped:
            # Nothing is shifted yet, or all is.
            self._cloudformation.cancel_update_stack(StackName=self._deployment.stack)
            return "The update is cancelled, and CloudFormation takes it back."
        return f"The traffic of {', '.join(stopped)} goes back, and CloudFormation takes back the rest."

    def _going_on(self, logical_id: str) -> list[str]:
        application = self._deployment.physical_id(_APPLICATION)
        group = self._deployment.physical_id(_GROUP.format(logical_id))
        found: list[str] = self._codedeploy.list_deployments(
            applicationName=application, deploymentGroupName=group, includeOnlyStatuses=_GOING_ON
        )["deployments"]
        return found

    def _stack(self) -> Any:
        return self._cloudformation.describe_stacks(StackName=self._deployment.stack)["Stacks"][0]


def of(deployment: Deployment) -> tuple[Updates, Lambda]:
    """Return the updates and the functions of a deployment in AWS."""
    cloudformation, codedeploy, lambda_ = map(get_session().create_client, ("cloudformation", "codedeploy", "lambda"))
    return Updates(deployment, cloudformation, codedeploy), Lambda(deployment, lambda_)
