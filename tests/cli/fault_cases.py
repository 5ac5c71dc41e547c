"""What can be wrong with a deployment: at least one fault for each check of `gatepost doctor`."""

import json
from dataclasses import replace
from typing import Any

from gatepost import clock
from gatepost.storage import keys
from gatepost.storage.writes import Item
from tests.cli.account import Account
from tests.cli.faults import (
    Case,
    absent,
    amended,
    both,
    called,
    environment,
    item,
    later,
    parameter,
    published,
    ring,
    table,
)

_DAY = 86_400
_KEY_SET, _HEALTH, _LIST = "/.well-known/jwks.json", "/health", "/.well-known/gatepost/revocations"
_DISCOVERY = "/.well-known/openid-configuration"
_CONFIGURATION, _STACK = "lambda.GetFunctionConfiguration", "cloudformation.DescribeStacks"
_PROBLEM, _WARNING = "problem", "warning"


def _status(status: str) -> Any:
    return amended(_STACK, lambda answer: answer["Stacks"][0].update(StackStatus=status))


def _one_function(**members: Any) -> Any:
    def change(answer: Any) -> None:
        if "Mailer" in answer["FunctionName"]:
            answer |= members

    return amended(_CONFIGURATION, change)


def _alias(**members: Any) -> Any:
    return amended("lambda.GetAlias", lambda answer: answer.update(members))


def _mailer(account: Account) -> dict[str, Any]:
    return {"FunctionName": account.name("MailerFunction")}


def _log(account: Account) -> dict[str, Any]:
    return {"logGroupName": f"/aws/lambda/{account.name('KeysFunction')}"}


def _key(account: Account) -> dict[str, Any]:
    return {"KeyId": account.stack.template.keys[0]}


def _queue(account: Account) -> dict[str, Any]:
    return {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{account.stack.template.stack}-FeedbackDeadLetters"}


def _policy(effect: str, principal: Any) -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return amended("kms.GetKeyPolicy", lambda answer: answer.update(Policy=json.dumps({"Statement": [statement]})))


def _first(**attributes: Any) -> Any:
    noted: Item = {"user_id": "0" * 32, "email_digest": b"0", "invited_until": clock.now() + _DAY, **attributes}
    return both(item("UsersTable", keys.administrators(), None), item("UsersTable", keys.first_administrator(), noted))


def _account(**members: Any) -> Any:
    return amended("sesv2.GetAccount", lambda answer: answer.update(members))


def _sent(number: float, most: float = 200.0) -> Any:
    return _account(SendQuota={"Max24HourSend": most, "MaxSendRate": 1.0, "SentLast24Hours": number})


def _role(effective: list[str], includes: list[str]) -> Any:
    role = {"name": "clerk", "description": "", "permissions": ["orders:read"], "includes": includes, "changed": 1}
    return item("RolesTable", keys.role_catalogue(), {"version": 1, "roles": [{**role, "effective": effective}]})


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
    Case("functions.logs", _WARNING, "KeysFunction", called("logs", "delete_retention_policy", _log, "put_retention_policy")),
    Case("settings.valid", _PROBLEM, "MailerFunction: ", environment("MailerFunction", GATEPOST_MAIL_FROM="nobody")),
    Case("settings.valid", _PROBLEM, "GATEPOST_ISSUER is missing", environment("AccountFunction", GATEPOST_ISSUER="")),
    Case("settings.audience", _PROBLEM, "No audience", environment("AccountFunction", GATEPOST_AUDIENCE="")),
    Case(
        "settings.audience",
        _PROBLEM,
        "The audience is the issuer",
        environment("AccountFunction", GATEPOST_AUDIENCE="https://auth.example.com"),
    ),
    Case(
        "settings.origins", _PROBLEM, "https", environment("AccountFunction", GATEPOST_ALLOWED_ORIGINS="http://a.example.com")
    ),
    Case(
        "settings.origins",
        _PROBLEM,
        "must be an origin",
        environment("AccountFunction", GATEPOST_ALLOWED_ORIGINS="https://*.example.com"),
    ),
    Case(
        "settings.origins",
        _WARNING,
        "http://localhost:5173",
        environment("AccountFunction", GATEPOST_ALLOWED_ORIGINS="https://a.example.com, http://localhost:5173"),
    ),
    Case(
        "settings.sessions-not-before",
        _PROBLEM,
        "nobody stays signed in",
        environment("AccountFunction", GATEPOST_SESSIONS_NOT_BEFORE=str(clock.now() + _DAY)),
    ),
    # Milliseconds in place of seconds.
    Case(
        "settings.sessions-not-before",
        _PROBLEM,
        "the second 1790000000000000",
        environment("AccountFunction", GATEPOST_SESSIONS_NOT_BEFORE="1790000000000000"),
    ),
    Case(
        "settings.breached-passwords",
        _WARNING,
        "answers 404",
        both(
            environment("AccountFunction", GATEPOST_BREACHED_PASSWORDS_URL="https://auth.example.com/range"),
            published("/range/00000", 404),
        ),
    ),
    Case("settings.log-level", _WARNING, "AdminFunction", environment("AdminFunction", POWERTOOLS_LOG_LEVEL="DEBUG")),
    Case("settings.audit-retention", _WARNING, "30 days", environment("AccountFunction", GATEPOST_AUDIT_RETENTION_DAYS="30")),
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
    Case("signing.ring", _PROBLEM, "No key signs", item("KeysTable", keys.signing_key_ring(), None)),
    Case("signing.age", _PROBLEM, "late", later(32 * _DAY)),
    Case("signing.standby", _PROBLEM, "No key stands by", ring(lambda found: replace(found, keys=found.keys[:1]))),
    Case(
        "signing.algorithm",
        _WARNING,
        "signed by ES256",
        ring(lambda found: replace(found, keys=tuple(replace(key, algorithm="ES256") for key in found.keys))),
    ),
    Case("signing.algorithm", _WARNING, "EdDSA", environment("KeysFunction", GATEPOST_SIGNING_KEY_SPEC="ED25519")),
    Case(
        "issuer.origin",
        _PROBLEM,
        "must be an origin",
        environment("AccountFunction", GATEPOST_ISSUER="https://a.example.com/v1"),
    ),
    Case("issuer.origin", _PROBLEM, "whoever calls", environment("AccountFunction", GATEPOST_ISSUER="http://localhost:3000")),
    Case("issuer.same", _PROBLEM, "don't agree", environment("SetupFunction", GATEPOST_ISSUER="https://old.example.com")),
    Case("issuer.same", _PROBLEM, "discovery document says", published(_DISCOVERY, body={"issuer": "https://old.example.com"})),
    Case("issuer.clock", _WARNING, "ahead of", published(_HEALTH, date="Mon, 23 Nov 2026 08:30:00 GMT")),
    Case("issuer.clock", _WARNING, "without the time", published(_HEALTH)),
    Case("issuer.edge", _PROBLEM, "Edge is none", published(_HEALTH, x_amz_cf_id="abc")),
    Case("issuer.edge", _PROBLEM, "without EdgeSecretSha256", environment("AccountFunction", GATEPOST_EDGE="cloudfront")),
    Case(
        "issuer.edge",
        _PROBLEM,
        "something else",
        environment("AccountFunction", GATEPOST_EDGE="cloudfront", GATEPOST_EDGE_SECRET_SHA256="0" * 64),
    ),
    Case("issuer.health", _PROBLEM, "doesn't answer (timed out)", published(_HEALTH, 0)),
    Case("issuer.key-set", _PROBLEM, "lacks", published(_KEY_SET, body={"keys": [{"kid": "other"}]})),
    Case("issuer.key-set", _PROBLEM, "without a key set", published(_KEY_SET, 200, "keys")),
    Case("issuer.revocations", _PROBLEM, "answers 503", published(_LIST, 503)),
    Case(
        "issuer.revocations",
        _PROBLEM,
        "after 1 entries",
        published(_LIST, body={"sessions": ["a"], "users": {}, "complete": False}),
    ),
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
        "outbox.unsent",
        _PROBLEM,
        "1 mails wait",
        item("OutboxTable", keys.mail("a" * 32), {"unsent": "a", "created_at": clock.now() - 1000}),
    ),
    Case(
        "outbox.dead-letters",
        _PROBLEM,
        "FeedbackDeadLetters holds 1",
        called("sqs", "send_message", _queue, "purge_queue", MessageBody="{}"),
    ),
    Case("outbox.dead-letters", _PROBLEM, "doesn't exist", absent("sqs.GetQueueAttributes")),
    Case("roles.compiled", _PROBLEM, "clerk permit something else", _role(["*"], [])),
    Case("roles.compiled", _PROBLEM, "doesn't compile", _role(["orders:read"], ["clerk"])),
    Case(
        "roles.version",
        _PROBLEM,
        "of version 0, but sign-ins read 7",
        item("RolesTable", keys.role_catalogue_version(), {"version": 7}),
    ),
    Case("administrators.active", _PROBLEM, "no administrator", item("UsersTable", keys.administrators(), None)),
    Case("administrators.active", _PROBLEM, "None of 1", item("UsersTable", keys.administrators(), {"ids": {"0" * 32}})),
    Case("administrators.first", _PROBLEM, "Nobody was invited", item("UsersTable", keys.administrators(), None)),
    Case("administrators.first", _WARNING, "hasn't accepted", _first()),
    Case("administrators.first", _PROBLEM, "has expired", _first(invited_until=1)),
]
