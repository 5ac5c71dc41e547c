"""What can be wrong with a deployment's settings, keys, roles and administrators, and with what it publishes: at least one
fault for each check of these areas.
"""

import json
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import boto3

from gatepost import clock
from gatepost.audit import Event, Trail
from gatepost.caller import of_service
from gatepost.signing.ring import RemovedKey
from gatepost.storage import keys
from gatepost.storage.writes import Item
from tests.cli.account import Account
from tests.cli.faults import Case, both, environment, item, later, published, ring
from tests.support import ISSUER

_DAY = 86_400
_KEY_SET, _HEALTH, _LIST = "/.well-known/jwks.json", "/health", "/.well-known/gatepost/revocations"
_DISCOVERY = "/.well-known/openid-configuration"
_PROBLEM, _WARNING = "problem", "warning"


def _brought_back(account: Account, afterwards: ExitStack) -> None:
    kid = json.loads(account.get(f"{ISSUER}{_KEY_SET}").body)["keys"][1]["kid"]
    trail = Trail(account.name("AuditTable"), 400)
    event = trail.event(Event.KEY_REMOVED, of_service("a test", "1"), operator="local", kid=kid).request
    dynamodb = boto3.client("dynamodb")
    dynamodb.put_item(**event)
    key = {part: event["Item"][part] for part in ("pk", "sk")}
    afterwards.callback(dynamodb.delete_item, TableName=event["TableName"], Key=key)


def _still_published(account: Account, afterwards: ExitStack) -> None:
    answer = account.get(f"{ISSUER}{_KEY_SET}")
    account.published[_KEY_SET] = answer
    removed = RemovedKey(json.loads(answer.body)["keys"][1]["kid"], clock.now())
    ring(lambda found: replace(found, keys=found.keys[:1], removed=(removed,)))(account, afterwards)


def _first(**attributes: Any) -> Any:
    noted: Item = {"user_id": "0" * 32, "email_digest": b"0", "invited_until": clock.now() + _DAY, **attributes}
    return both(item("UsersTable", keys.administrators(), None), item("UsersTable", keys.first_administrator(), noted))


def _role(effective: list[str], includes: list[str]) -> Any:
    role = {"name": "clerk", "description": "", "permissions": ["orders:read"], "includes": includes, "changed": 1}
    return item("RolesTable", keys.role_catalogue(), {"version": 1, "roles": [{**role, "effective": effective}]})


CASES = [
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
    Case("signing.ring", _PROBLEM, "No key signs", item("KeysTable", keys.signing_key_ring(), None)),
    Case("signing.age", _PROBLEM, "late", later(32 * _DAY)),
    Case("signing.standby", _PROBLEM, "No key stands by", ring(lambda found: replace(found, keys=found.keys[:1]))),
    Case("signing.removed", _PROBLEM, "is there again", _brought_back),
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
    Case("issuer.key-set", _PROBLEM, "must not be trusted", _still_published),
    Case("issuer.revocations", _PROBLEM, "answers 503", published(_LIST, 503)),
    Case(
        "issuer.revocations",
        _PROBLEM,
        "after 1 entries",
        published(_LIST, body={"sessions": ["a"], "users": {}, "complete": False}),
    ),
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
