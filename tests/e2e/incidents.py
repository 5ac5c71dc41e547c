"""Incidents, as they happen: what somebody is paged for is brought about on a local stack by the means of an attacker, of a
mail provider, of AWS or of ourselves.
"""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from unittest.mock import patch

from time_machine import Traveller

from gatepost import clock
from gatepost.access.roles import ADMIN
from gatepost.administration import actors, user_roles, users
from gatepost.aws.clients import client as aws_client
from gatepost.caller import of_service
from gatepost.clients import client_secrets
from gatepost.config import AdminSettings
from gatepost.service import connect
from gatepost.storage import clients
from gatepost.storage.table import Database
from gatepost.storage.writes import from_dynamodb
from local.events import Response
from local.stack import Stack
from tests.cli.account import NAME, Account, client_of
from tests.e2e.paged import Terminal
from tests.integration.aws_faults import always, faults, no_connection, throttled
from tests.integration.forger import forger_for
from tests.integration.ses_feedback import bounce
from tests.support import ISSUER, PASSWORD, Api

_CALLER = of_service("an incident", "incident")
# Whom moto takes everybody for.
ARN = "arn:aws:sts::123456789012:user/moto"
ATTACKER, GUESSER = "203.0.113.9", "198.51.100.7"


@dataclass
class Incident:
    """A deployment, and the terminal of who is paged for it. What `afterwards` is given ends with the incident."""

    account: Account
    terminal: Terminal
    clock: Traveller
    afterwards: ExitStack

    @property
    def stack(self) -> Stack:
        """The deployment."""
        return self.account.stack

    def api(self, ip: str = "") -> Api:
        """Return a client, at this address or at one of its own."""
        return Api(self.stack, ip) if ip else Api(self.stack)

    def sign_up(self, email: str, **more: Any) -> dict[str, Any]:
        """Sign a user up, and return their tokens."""
        return self.api().sign_up(email, **more)

    def administrator(self, email: str) -> dict[str, Any]:
        """Sign a user up, make them an administrator, and return their tokens for the admin API."""
        user_id = self.sign_up(email)["user"]["id"]
        service = connect(AdminSettings.from_environment(self.stack.template.functions["AdminFunction"].environment))
        me = actors.operator(service, "arn:aws:iam::123456789012:user/somebody")
        user_roles.assign(service, me, users.find(service, me, user_id), ADMIN, _CALLER)
        signed_in: dict[str, Any] = self.api().login(email, audience=ISSUER).json()
        return signed_in

    def admin(self, method: str, path: str, body: Any, signed_in: dict[str, Any]) -> Response:
        """Send a request to the admin API."""
        return self.api().call(method, f"/v1/admin{path}", body, token=signed_in["access_token"])

    def sweep(self) -> None:
        """Let the mailer's schedule run, a while after a mail was to be sent."""
        self.clock.shift(360)
        self.stack.invoke_unattended("MailerFunction", {"gatepost": "sweep"})

    def alarms_on(self) -> set[str]:
        """Return the names of the alarms that are on."""
        return {alarm["name"] for alarm in self.stack.alarms() if alarm["state"] == "ALARM"}


def attack(incident: Incident) -> dict[str, Any]:
    """Passwords of a list are tried at many accounts, of which one is taken over; another is guessed at until it's locked.
    Return what the attacker has.
    """
    incident.sign_up("ada@example.com")
    incident.sign_up("grace@example.com")
    incident.clock.shift(1)
    for number in range(20):
        assert incident.api(ATTACKER).login(f"listed-{number}@example.com", "123456789012").status == 401
    taken: dict[str, Any] = incident.api(ATTACKER).login("grace@example.com").json()
    guesses = [incident.api(GUESSER).login("ada@example.com", f"guess number {number}").status for number in range(11)]
    assert guesses == [401] * 10 + [429]
    return taken


@dataclass(frozen=True)
class Known:
    """What somebody has who shouldn't: a token that they've made with the signing key, an API key, a client's secret, and the
    session of an administrator. `variables` is what the runbook is told of it, `user` who has nothing to do with it.
    """

    incident: Incident
    user: dict[str, Any]
    forged: str
    api_key: str
    client: dict[str, Any]
    administrator: dict[str, Any]
    variables: dict[str, str]

    def working(self) -> list[str]:
        """Return what of it works."""
        incident = self.incident
        working = {
            "signing key": incident.api().me(self.forged).status,
            "API key": incident.api().post("/api-key", {"api_key": self.api_key}).status,
            "administrator": incident.admin("GET", "/roles", None, self.administrator).status,
        }
        table = incident.stack.template.tables["ClientsTable"].name
        client = clients.read(Database(aws_client("dynamodb")), table, self.client["client_id"])
        assert client is not None
        works = client_secrets.matches(client.secrets, self.client["client_secret"], clock.now())
        return [name for name, status in working.items() if status == 200] + ["client"] * works


def secrets_known(incident: Incident) -> Known:
    """A signing key was copied, an API key committed, a client's secret mailed, and an administrator's session taken over. And
    the rotation of the signing keys fails for a while.
    """
    user, owner, mallory = (
        incident.sign_up("alan@example.com"),
        incident.administrator("joan@example.com"),
        incident.administrator("mallory@example.com"),
    )
    made = incident.api().call(
        "POST", "/v1/me/api-keys", {"name": "report", "permissions": ["users:read"]}, token=owner["access_token"]
    )
    shop = {"name": "Shop", "type": "confidential", "redirect_uris": ["https://shop.example.com/callback"]}
    client = incident.admin("POST", "/clients", shop, owner).json()
    incident.clock.shift(1)
    assert incident.admin("PUT", "/roles/backdoor", {"permissions": ["*"]}, mallory).status == 201
    with faults(lambda _: no_connection):
        incident.stack.invoke_unattended("KeysFunction", {"gatepost": "rotate"})
    log_failures(incident, "keys")
    api_key = made.json()["api_key"]
    return Known(
        incident,
        user,
        forger_for(incident.stack, user["access_token"]).token(),
        api_key,
        client,
        mallory,
        {"LEAKED": api_key[:51], "OWNER": owner["user"]["id"], "CLIENT": client["client_id"], "ARN": ARN},
    )


def bounces(incident: Incident) -> None:
    """A provider says of mailboxes that they don't exist; of one of these bounces nobody takes note, since DynamoDB can't be
    reached. And SES fails for a mail, until Lambda gives up.
    """
    for name in ("hedy", "mary", "sophie"):
        incident.sign_up(f"{name}@example.com")
    for name in ("hedy", "mary"):
        incident.stack.invoke_unattended("FeedbackFunction", bounce(f"{name}@example.com"))
    with faults(always("TransactWriteItems", no_connection)):
        incident.stack.invoke_unattended("FeedbackFunction", bounce("sophie@example.com"))
    with patch("gatepost.mail.delivery.ses.send", side_effect=OSError("SES can't be reached")):
        assert incident.api().register("hugh@example.com").status == 202
        incident.stack.deliver()
    log_failures(incident, "feedback")
    client_of("scheduler").create_schedule(
        Name=f"{NAME}-sweep",
        ScheduleExpression="rate(5 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:eu-west-1:123456789012:function:mailer", "RoleArn": "arn:aws:iam::123456789012:role/x"},
    )


def bad_version(incident: Incident) -> None:
    """A version of all functions is published and called that fails at each request, and at each batch of a stream."""
    lambda_ = client_of("lambda")
    incident.clock.shift(60)
    began = datetime.fromtimestamp(clock.now(), UTC)
    incident.account.amend("cloudformation.DescribeStacks", lambda answer: answer["Stacks"][0].update(LastUpdatedTime=began))
    incident.clock.shift(60)
    for function in incident.stack.template.functions.values():
        lambda_.update_function_code(FunctionName=function.name, ZipFile=_newer_code())
        version = lambda_.publish_version(FunctionName=function.name)["Version"]
        lambda_.update_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    log_failures(incident, "account")
    letter = '{"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 1}}'
    client_of("sqs").send_message(QueueUrl=incident.stack.template.queues["EventsDeadLetters"], MessageBody=letter)
    incident.afterwards.enter_context(_failing_since(incident.stack, version="2"))
    for _ in range(3):
        assert incident.api().call("GET", "/health").status == 500


@contextmanager
def _failing_since(stack: Stack, version: str) -> Iterator[None]:
    """Let the account function fail while its alias names `version`, of which local stacks know nothing."""
    function: Any = stack.functions["AccountFunction"]
    handler: Callable[..., Any] = vars(function)["_handler"]

    def handling(event: Any, context: Any) -> Any:
        alias = client_of("lambda").get_alias(FunctionName=function.definition.name, Name="live")
        if alias["FunctionVersion"] == version:
            raise ImportError("No module named 'gatepost.forgotten'")
        return handler(event, context)

    with patch.object(function, "_handler", handling):
        yield


def _newer_code() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "import gatepost.forgotten")
    return content.getvalue()


def overload(incident: Incident) -> None:
    """Somebody has stopped the account function from running, and DynamoDB refuses what is too much."""
    incident.sign_up("barbara@example.com")
    name = incident.account.name("AccountFunction")
    client_of("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    incident.afterwards.callback(client_of("lambda").delete_function_concurrency, FunctionName=name)
    with faults(always("TransactWriteItems", throttled)):
        assert incident.api().register("margaret@example.com").status == 503
    # moto knows no requests to Service Quotas.
    incident.account.answers["service-quotas.RequestServiceQuotaIncrease"] = lambda asked: {
        "RequestedQuota": {"QuotaCode": asked["QuotaCode"], "DesiredValue": asked["DesiredValue"], "Status": "PENDING"}
    }


def users_lost(incident: Incident) -> dict[str, str]:
    """A script deletes a user's items, of which a backup knows; another user was deleted on purpose. Return what the runbook is
    told: a time before, and the table that DynamoDB makes of it.
    """
    edith = incident.sign_up("edith@example.com")
    incident.sign_up("frances@example.com")
    table = incident.stack.template.tables["UsersTable"].name
    dynamodb = aws_client("dynamodb")
    before, then = clock.now(), dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    incident.clock.shift(1800)
    frances = incident.api().login("frances@example.com").json()
    assert incident.api().call("DELETE", "/v1/me", {"password": PASSWORD}, token=frances["access_token"]).status == 204
    for item in then:
        if edith["user"]["id"] in (from_dynamodb(item).get("id"), from_dynamodb(item).get("user_id")):
            dynamodb.delete_item(TableName=table, Key={part: item[part] for part in ("pk", "sk")})
    assert incident.api().login("edith@example.com").status == 401

    def as_it_was(answer: Any) -> None:
        # moto restores what a table is now.
        restored = answer["TableDescription"]["TableName"]
        for item in then:
            dynamodb.put_item(TableName=restored, Item=item)

    incident.account.amend("dynamodb.RestoreTableToPointInTime", as_it_was)
    incident.clock.shift(600)
    at = clock.rfc3339(before)
    return {"BEFORE": at, "BESIDE": f"{table}-as-of-{at.replace('-', '').replace(':', '')}"}


def log_failures(incident: Incident, *functions: str) -> None:
    """Let the logs of functions have a line that says why they failed."""
    logs = client_of("logs")
    for function in functions:
        group = f"/aws/lambda/{NAME}-{function}"
        logs.create_log_stream(logGroupName=group, logStreamName="1")
        line = {"timestamp": clock.now_ms(), "message": '{"level": "ERROR", "message": "it failed"}'}
        logs.put_log_events(logGroupName=group, logStreamName="1", logEvents=[line])
