"""An authorizer whose clock stands at `forge.NOW`, and what the gateway makes of its answers."""

import json
from typing import Any

from gatepost_verifier import AccessToken
from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.claims import check_claims
from gatepost_verifier.decision import Default
from gatepost_verifier.events import V2Response
from gatepost_verifier.route_rules import parse_rules
from tests.unit.authorizer import iam
from tests.unit.verifier import forge

ROUTES = """
GET  /status      = public
GET  /me          = authenticated
GET  /orders      = orders:read
POST /orders      = orders:write
GET  /orders/{id} = orders:read & mfa
CONNECT $connect  = orders:read
"""
CONTEXT_NAMES = {"sub", "sid", "client_id", "scope", "roles", "permissions", "amr", "exp"}


def bearer(**claims: Any) -> dict[str, str]:
    """The header with a good token, some of its claims set to other values."""
    return {"authorization": f"Bearer {forge.token(forge.claims(**claims))}"}


def authorizer(routes: str = ROUTES, default: Default = "deny", v2_response: V2Response = "simple") -> Authorizer:
    """An authorizer of forge's issuer."""
    return Authorizer(forge.verifier(), parse_rules(routes), default, v2_response)


def outcome(event: object, door: Authorizer | None = None) -> tuple[int, dict[str, Any]]:
    """What the gateway makes of the answer to `event`: 200, 401 or 403, and the context for the API.

    Fails for an answer that the gateway wouldn't take, A-08.
    """
    answer: dict[str, Any] = {}
    refusal: BaseException | None = None
    try:
        answer = (door or authorizer()).answer(event)
    except BaseException as error:  # noqa: BLE001 - looked at below
        refusal = error
    if refusal is not None:
        # The exact message, and nothing that a log of the exception could show beside it.
        assert (type(refusal), refusal.args) == (Exception, ("Unauthorized",))
        assert (refusal.__cause__, refusal.__context__) == (None, None)
        return 401, {}
    # Lambda sends it as UTF-8.
    json.dumps(answer, ensure_ascii=False).encode()
    if answer == {"isAuthorized": False}:
        return 403, {}
    context: dict[str, Any] = answer["context"]
    assert context.keys() in (set(), CONTEXT_NAMES)
    assert all(type(value) in (str, int, bool) for value in context.values())
    assert len(json.dumps(context, ensure_ascii=False).encode()) < 8192
    if "isAuthorized" in answer:
        assert answer.keys() == {"isAuthorized", "context"}
        assert answer["isAuthorized"] is True
        return 200, context
    assert answer.keys() == {"principalId", "policyDocument", "context"}
    assert isinstance(answer["principalId"], str)
    assert answer["principalId"]
    assert not context or answer["principalId"] == context["sub"]
    assert len(json.dumps(answer["policyDocument"]).encode()) <= 8192
    assert isinstance(event, dict)
    allowed = iam.read(answer["policyDocument"]).allowed(event.get("methodArn") or event["routeArn"])
    return (200, context) if allowed else (403, {})


def caller(*permissions: str, amr: tuple[str, ...] = ("pwd", "otp", "mfa"), **claims: Any) -> AccessToken:
    """The verified token of a caller with these permissions."""
    payload = forge.claims(permissions=list(permissions), amr=list(amr), **claims)
    return check_claims(payload, issuer=forge.ISSUER, audience=forge.AUDIENCE, now=forge.NOW, leeway=0)
