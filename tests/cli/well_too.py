"""Deployments that are otherwise than the usual one, and as they should be."""

import json
from contextlib import ExitStack
from typing import Any

from botocore.exceptions import ClientError

from gatepost import clock
from gatepost.storage import keys
from tests.cli.account import Account
from tests.cli.faults import Case, amended, both, environment, item, later, parameter, published

_ROLE = "arn:aws:iam::123456789012:role/gatepost"
_DISCOVERY = {"issuer": "https://auth.example.com"}


def _policy(principal: str, action: Any) -> str:
    return json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}})


def _by_domain(account: Account, _: ExitStack) -> None:
    def identity(asked: dict[str, Any]) -> Any:
        if asked["EmailIdentity"] != "example.com":
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "no"}}, "GetEmailIdentity")
        return {"IdentityType": "DOMAIN"}

    account.answers["sesv2.GetEmailIdentity"] = identity


CASES = [
    Case(
        "settings.origins",
        "ok",
        "http://localhost:5173",
        both(
            parameter("DeletionProtection", "false"),
            environment("AccountFunction", GATEPOST_ALLOWED_ORIGINS="http://localhost:5173"),
        ),
    ),
    Case("settings.origins", "ok", "No browser app", environment("AccountFunction", GATEPOST_ALLOWED_ORIGINS="")),
    Case(
        "settings.sessions-not-before",
        "ok",
        "2026-01-01T00:00:00Z",
        environment("AccountFunction", GATEPOST_SESSIONS_NOT_BEFORE="1767225600"),
    ),
    Case(
        "settings.breached-passwords",
        "ok",
        "/range/00000 answers 200",
        both(
            environment("AccountFunction", GATEPOST_BREACHED_PASSWORDS_URL="https://auth.example.com/range"),
            published("/range/00000"),
        ),
    ),
    Case(
        "settings.log-level",
        "ok",
        "DEBUG",
        both(parameter("DeletionProtection", "false"), environment("AdminFunction", POWERTOOLS_LOG_LEVEL="DEBUG")),
    ),
    Case(
        "encryption.use",
        "ok",
        "names each function's role",
        amended("kms.GetKeyPolicy", lambda answer: answer.update(Policy=_policy(_ROLE, ["kms:Decrypt"]))),
    ),
    Case("signing.standby", "ok", "long enough to sign", later(4 * 3600)),
    Case("issuer.same", "ok", "the discovery document", published("/.well-known/openid-configuration", body=_DISCOVERY)),
    Case(
        "issuer.edge",
        "ok",
        "proves itself",
        both(
            environment("AccountFunction", GATEPOST_EDGE="cloudfront", GATEPOST_EDGE_SECRET_SHA256="0" * 64),
            published("/health", x_amz_cf_id="abc"),
        ),
    ),
    Case("mail.identity", "ok", "by the identity example.com", _by_domain),
    Case(
        "mail.quota",
        "ok",
        "of any number",
        amended("sesv2.GetAccount", lambda answer: answer["SendQuota"].update(Max24HourSend=-1.0)),
    ),
    Case(
        "administrators.first",
        "ok",
        "was accepted at",
        item(
            "UsersTable",
            keys.first_administrator(),
            {"user_id": "0" * 32, "email_digest": b"0", "invited_until": clock.now(), "accepted_at": clock.now()},
        ),
    ),
    Case(
        "administrators.first",
        "ok",
        "there is another",
        item("UsersTable", keys.first_administrator(), {"user_id": "0" * 32, "email_digest": b"0", "invited_until": 1}),
    ),
]
