"""What can be wrong with what AWS has of a deployment: at least one fault for each check of these areas."""

import json
from contextlib import ExitStack
from typing import Any

from gatepost import clock
from gatepost.storage import keys
from tests.cli.account import Account, client_of
from tests.cli.faults import Case, absent, amended, both, called, environment, item, parameter, table

_CONFIGURATION, _STACK = "lambda.GetFunctionConfiguration", "cloudformation.DescribeStacks"
_PROBLEM, _WARNING = "problem", "warning"


def _status(status: str) -> Any:
    return amended(_STACK, lambda answer: answer["Stacks"][0].update(StackStatus=status))


def _one_function(**members: Any) -> Any:
    def change(answer: Any) -> None:
        if "mailer" in answer["FunctionName"]:
            answer |= members

    return amended(_CONFIGURATION, change)


def _alias(**members: Any) -> Any:
    return amended("lambda.GetAlias", lambda answer: answer.update(members))


def _mailer(account: Account) -> dict[str, Any]:
    return {"FunctionName": account.name("MailerFunction")}


def _endless_log(account: Account, afterwards: ExitStack) -> None:
    logs, group = client_of("logs"), f"/aws/lambda/{account.name('KeysFunction')}"
    logs.delete_retention_policy(logGroupName=group)
    afterwards.callback(logs.put_retention_policy, logGroupName=group, retentionInDays=90)


def _key(account: Account) -> dict[str, Any]:
    return {"KeyId": account.stack.template.keys[0]}


def _queue(account: Account) -> dict[str, Any]:
    return {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{account.stack.template.stack}-FeedbackDeadLetters"}


def _policy(effect: str, principal: Any) -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return amended("kms.GetKeyPolicy", lambda answer: answer.update(Policy=json.dumps({"Statement": [statement]})))


def _account(**members: Any) -> Any:
    return amended("sesv2.GetAccount", lambda answer: answer.update(members))


def _sent(number: float, most: float = 200.0) -> Any:
    return _account(SendQuota={"Max24HourSend": most, "MaxSendRate": 1.0, "SentLast24Hours": number})


CASES = [
    Case("functions.stack", _PROBLEM, "UPDATE_ROLLBACK_FAILED", _status("UPDATE_ROLLBACK_FAILED")),
    Case("functions.stack", _WARNING, "taken back", _status("UPDATE_ROLLBACK_COMPLETE")),
    Case("functions.stack", _WARNING, "UPDATE_IN_PROGRESS", _status("UPDATE_IN_PROGRESS")),
    Case(
        "functions.state",
        _PROBLEM,
        "Failed (no key)",
        _one_function(LastUpdateStatus="Failed", LastUpdateStatusReason="no key"),
    ),
    Case("functions.state", _PROBLEM, "MailerFunction is Pending", _one_function(State="Pending")),
    Case("functions.runtime", _PROBLEM, "MailerFunction by python3.12", _one_function(Runtime="python3.12")),
    Case("functions.version", _PROBLEM, "core:1", _one_function(Layers=[{"Arn": "arn:aws:lambda:eu-west-1:1:layer:core:2"}])),
    Case("functions.version", _PROBLEM, "different settings", environment("KeysFunction", DEPLOYED_SETTINGS="other")),
    Case("functions.alias", _WARNING, "under way", _alias(RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})),
    Case("functions.alias", _PROBLEM, "no alias live", absent("lambda.GetAlias")),
    Case("functions.alias", _WARNING, "isn't the newest", _alias(FunctionVersion="0")),
    Case(
        "functions.concurrency",
        _PROBLEM,
        "MailerFunction may not run at all",
        called("lambda", "put_function_concurrency", _mailer, "delete_function_concurrency", ReservedConcurrentExecutions=0),
    ),
    Case(
        "functions.concurrency",
        _WARNING,
        "10 environments",
        amended("lambda.GetAccountSettings", lambda answer: answer["AccountLimit"].update(UnreservedConcurrentExecutions=10)),
    ),
    Case("functions.logs", _WARNING, "KeysFunction", _endless_log),
    Case("tables.active", _PROBLEM, "UsersTable doesn't exist", absent("dynamodb.DescribeTable")),
    Case(
        "tables.active",
        _PROBLEM,
        "is DELETING",
        amended("dynamodb.DescribeTable", lambda answer: answer["Table"].update(TableStatus="DELETING")),
    ),
    Case(
        "tables.active",
        _PROBLEM,
        "index by_address of UsersTable is missing",
        amended("dynamodb.DescribeTable", lambda answer: answer["Table"].pop("GlobalSecondaryIndexes", None)),
    ),
    Case(
        "tables.backups",
        _PROBLEM,
        "RolesTable can't",
        table(
            "update_continuous_backups",
            "RolesTable",
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
        ),
    ),
    Case(
        "tables.deletion-protection",
        _PROBLEM,
        "KeysTable can be deleted",
        table("update_table", "KeysTable", {"DeletionProtectionEnabled": False}, {"DeletionProtectionEnabled": True}),
    ),
    Case(
        "tables.deletion-protection",
        _WARNING,
        "KeysTable can be deleted",
        both(
            parameter("DeletionProtection", "false"),
            table("update_table", "KeysTable", {"DeletionProtectionEnabled": False}, {"DeletionProtectionEnabled": True}),
        ),
    ),
    Case(
        "tables.expiry",
        _PROBLEM,
        "SessionsTable don't forget",
        table(
            "update_time_to_live",
            "SessionsTable",
            {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": False}},
            {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}},
        ),
    ),
    Case(
        "tables.encryption",
        _PROBLEM,
        "UsersTable is not",
        amended("dynamodb.DescribeTable", lambda answer: answer["Table"].pop("SSEDescription", None)),
    ),
    Case(
        "tables.stream",
        _PROBLEM,
        "no stream",
        amended("dynamodb.DescribeTable", lambda answer: answer["Table"].pop("StreamSpecification", None)),
    ),
    Case("encryption.key", _PROBLEM, "The key is Disabled", called("kms", "disable_key", _key, "enable_key")),
    Case("encryption.key", _PROBLEM, "doesn't exist", absent("kms.DescribeKey")),
    Case(
        "encryption.key",
        _PROBLEM,
        "deleted for good",
        amended("kms.DescribeKey", lambda answer: answer["KeyMetadata"].update(KeyState="PendingDeletion")),
    ),
    Case("encryption.rotation", _PROBLEM, "never", called("kms", "disable_key_rotation", _key, "enable_key_rotation")),
    Case("encryption.use", _PROBLEM, "IAM has no say", _policy("Allow", {"AWS": "arn:aws:iam::123456789012:role/other"})),
    Case("encryption.use", _PROBLEM, "denies", _policy("Deny", "*")),
    Case("mail.identity", _PROBLEM, "neither", absent("sesv2.GetEmailIdentity")),
    Case(
        "mail.identity",
        _PROBLEM,
        "isn't verified",
        amended("sesv2.GetEmailIdentity", lambda answer: answer.update(VerifiedForSendingStatus=False)),
    ),
    Case(
        "mail.dkim",
        _WARNING,
        "not signed",
        amended("sesv2.GetEmailIdentity", lambda answer: answer["DkimAttributes"].update(Status="PENDING")),
    ),
    Case("mail.sandbox", _PROBLEM, "sandbox", _account(ProductionAccessEnabled=False)),
    Case("mail.sending", _PROBLEM, "sends nothing", _account(SendingEnabled=False)),
    Case("mail.sending", _WARNING, "PROBATION", _account(EnforcementStatus="PROBATION")),
    Case("mail.quota", _WARNING, "160 of 200", _sent(160.0)),
    Case("mail.quota", _PROBLEM, "200 of 200", _sent(200.0)),
    Case("mail.configuration-set", _PROBLEM, "no configuration set", absent("sesv2.GetConfigurationSet")),
    Case(
        "mail.configuration-set",
        _PROBLEM,
        "Sending is off",
        amended("sesv2.GetConfigurationSet", lambda answer: answer.update(SendingOptions={"SendingEnabled": False})),
    ),
    Case(
        "mail.events",
        _PROBLEM,
        "COMPLAINT",
        amended(
            "sesv2.GetConfigurationSetEventDestinations",
            lambda answer: answer["EventDestinations"][0].update(MatchingEventTypes=["BOUNCE"]),
        ),
    ),
    Case(
        "outbox.consumer",
        _PROBLEM,
        "is Disabled",
        amended("lambda.ListEventSourceMappings", lambda answer: answer["EventSourceMappings"][0].update(State="Disabled")),
    ),
    Case(
        "outbox.consumer",
        _PROBLEM,
        "Nothing hands",
        amended("lambda.ListEventSourceMappings", lambda answer: answer.update(EventSourceMappings=[])),
    ),
    Case(
        "outbox.consumer",
        _WARNING,
        "PROBLEM: Function call failed",
        amended(
            "lambda.ListEventSourceMappings",
            lambda answer: answer["EventSourceMappings"][0].update(LastProcessingResult="PROBLEM: Function call failed"),
        ),
    ),
    Case(
        "outbox.events",
        _PROBLEM,
        "nothing is published",
        amended("lambda.ListEventSourceMappings", lambda answer: answer.update(EventSourceMappings=[])),
    ),
    Case(
        "outbox.unsent",
        _PROBLEM,
        "minutes: 1.",
        item("OutboxTable", keys.mail("a" * 32), {"unsent": "a", "created_at": clock.now() - 1000}),
    ),
    Case(
        "outbox.dead-letters",
        _PROBLEM,
        "FeedbackDeadLetters holds 1",
        called("sqs", "send_message", _queue, "purge_queue", MessageBody="{}"),
    ),
    Case("outbox.dead-letters", _PROBLEM, "doesn't exist", absent("sqs.GetQueueAttributes")),
]
