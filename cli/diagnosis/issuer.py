"""Whether the issuer is an address that clients, APIs and the service itself agree on."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight
from cli.diagnosis.web import Answer, json_of
from gatepost import clock
from gatepost.config import Origin

# Seconds. Verifiers allow as much between their clock and the service's.
_SKEW = 30
_ISSUERS = ("AccountFunction", "AdminFunction", "SetupFunction")


@dataclass(frozen=True)
class Address:
    """The issuer, and whether it's that of a deployment in AWS."""

    issuer: str
    deployed: bool


def _address(sight: Sight) -> Address:
    return Address(sight.setting("ISSUER"), sight.stack is not None)


def _is_an_origin(facts: Address) -> Verdict:
    try:
        TypeAdapter(Origin).validate_python(facts.issuer)
    except ValidationError as exc:
        return problem(f"{facts.issuer or 'The empty issuer'} {exc.errors()[0]['msg'].removeprefix('Value error, ')}.")
    if facts.deployed and not facts.issuer.startswith("https://"):
        return problem(f"{facts.issuer} is an address of whoever calls it: nobody else reaches the service by it.")
    return ok(f"{facts.issuer}.")


@dataclass(frozen=True)
class Names:
    """The issuer by each function that has one, and what the discovery document answers."""

    by_function: Mapping[str, str]
    discovery: Answer


def _names(sight: Sight) -> Names:
    by_function = {logical_id: sight.setting("ISSUER", logical_id) for logical_id in _ISSUERS}
    return Names(by_function, sight.published("/.well-known/openid-configuration"))


def _is_one(facts: Names) -> Verdict:
    names = set(facts.by_function.values())
    if len(names) > 1:
        told = ", ".join(f"{function} says {issuer}" for function, issuer in facts.by_function.items())
        return problem(f"Functions don't agree: {told}.")
    (issuer,) = names
    document = json_of(facts.discovery)
    if document is None:
        return ok(f"Every function says {issuer}; this version has no discovery document.")
    if document.get("issuer") != issuer:
        return problem(f"Tokens say {issuer}, the discovery document says {document.get('issuer')}.")
    return ok(f"Tokens and the discovery document say {issuer}.")


def _skew(facts: Answer) -> Verdict:
    with suppress(KeyError, ValueError):
        seconds = clock.now() - int(parsedate_to_datetime(facts.headers["date"]).timestamp())
        if abs(seconds) <= _SKEW:
            return ok(f"This machine's clock and the service's differ by {abs(seconds)} s.")
        return warning(f"This machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the service's.")
    return warning(f"{facts}, without the time.")


@dataclass(frozen=True)
class Front:
    """What stands in front of the API: by the settings (Edge, and whether it has a secret), and by what was answered."""

    edge: str
    has_secret: bool
    health: Answer


def _front(sight: Sight) -> Front:
    return Front(sight.setting("EDGE") or "none", bool(sight.setting("EDGE_SECRET_SHA256")), sight.published("/health"))


def _is_known(facts: Front) -> Verdict:
    # CloudFront puts it into every answer that passes.
    passed = "x-amz-cf-id" in facts.health.headers
    is_domain = (urlsplit(facts.health.url).hostname or "").endswith(".cloudfront.net")
    if facts.edge == "cloudfront":
        if not facts.has_secret:
            return problem("Edge is cloudfront without EdgeSecretSha256: anybody can say that they came through it.")
        if facts.health.status and not passed:
            return problem(f"Edge is cloudfront, but {facts.health.url} is answered by something else.")
        return ok("CloudFront stands in front of the API, and proves itself.")
    if passed or is_domain:
        return problem(
            "CloudFront stands in front of the API, but Edge is none: all clients look like one, and share its limits."
        )
    return ok("Nothing stands in front of the API.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "issuer.origin",
        "Is the issuer an https origin without a path?",
        "Set the parameter `Issuer` to an address such as https://auth.example.com, and deploy. It's `iss` of every token: "
        "your APIs check it.",
        _address,
        _is_an_origin,
    ),
    Check(
        "issuer.same",
        "Do all functions, and the discovery document, name the same issuer?",
        "Deploy again, so that all functions have the same settings: `make deploy`.",
        _names,
        _is_one,
    ),
    Check(
        "issuer.clock",
        "Do this machine's clock and the service's differ by at most 30 s?",
        "Synchronise this machine's clock (NTP). An API whose clock is as wrong refuses good tokens.",
        lambda sight: sight.published("/health"),
        _skew,
    ),
    Check(
        "issuer.edge",
        "Is what stands in front of the API what the settings say?",
        "With CloudFront: deploy with `Edge=cloudfront` and `EdgeSecretSha256`, the SHA-256 of what the distribution sends as "
        "x-gatepost-edge. Without: `Edge=none`, and an `Issuer` that isn't CloudFront's.",
        _front,
        _is_known,
    ),
)
