"""Whether the settings are what the functions take, and let in nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from cli.diagnosis.declared import FUNCTIONS
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight
from gatepost.config import Origin
from gatepost.errors import ConfigurationError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _environments(sight: Sight) -> dict[str, Mapping[str, str]]:
    return {logical_id: sight.environment(logical_id) for logical_id in FUNCTIONS}


def _are_read(facts: Mapping[str, Mapping[str, str]]) -> Verdict:
    refusals = []
    for logical_id, environment in facts.items():
        try:
            FUNCTIONS[logical_id].from_environment(environment)
        except ConfigurationError as exc:
            refusals.append(f"{logical_id}: {exc}")
    return problem(" ".join(refusals)) if refusals else ok(f"{len(facts)} functions take theirs.")


@dataclass(frozen=True)
class Audiences:
    """The issuer, the deployment's audience, and which others a sign-in may ask for, comma separated."""

    issuer: str
    audience: str
    others: str


def _audiences(sight: Sight) -> Audiences:
    return Audiences(sight.setting("ISSUER"), sight.setting("AUDIENCE"), sight.setting("ALLOWED_AUDIENCES"))


def _audience_is_of_apis(facts: Audiences) -> Verdict:
    if not facts.audience:
        return problem("No audience is set: an API has nothing to know its tokens by.")
    if facts.audience == facts.issuer:
        return problem("The audience is the issuer: every user's token would do for the admin API.")
    return ok(f"{facts.audience}{f', or if asked for {facts.others}' if facts.others else ''}.")


@dataclass(frozen=True)
class Origins:
    """The origins that may call with credentials, and whether the deployment is one that matters."""

    allowed: tuple[str, ...]
    protected: bool


def _origins(sight: Sight) -> Origins:
    allowed = tuple(part.strip() for part in sight.setting("ALLOWED_ORIGINS").split(",") if part.strip())
    return Origins(allowed, sight.protected)


def _origins_are_exact(facts: Origins) -> Verdict:
    for origin in facts.allowed:
        try:
            TypeAdapter(Origin).validate_python(origin)
        except ValidationError as exc:
            return problem(f"{origin} {exc.errors()[0]['msg'].removeprefix('Value error, ')}.")
    local = [origin for origin in facts.allowed if urlsplit(origin).hostname in _LOOPBACK]
    if local and facts.protected:
        return warning(f"Whatever runs on a user's machine at {', '.join(local)} may call with their refresh cookie.")
    return ok(f"{', '.join(facts.allowed)}." if facts.allowed else "No browser app may call from another origin.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "settings.valid",
        "Does each function take its environment, as this version reads it?",
        "Deploy the version that this command line is of (`make deploy`), with the parameter behind the variable that is "
        "named.",
        _environments,
        _are_read,
    ),
    Check(
        "settings.audience",
        "Is the audience set, and not the issuer?",
        "Set the parameter `Audience` to what your APIs check in `aud`, such as https://api.example.com, and deploy.",
        _audiences,
        _audience_is_of_apis,
    ),
    Check(
        "settings.origins",
        "Are the allowed origins exact and https, and none of them localhost where deletion protection is on?",
        "Name each browser app in the parameter `AllowedOrigins` by its https origin, without wildcards, and deploy; leave "
        "localhost to deployments for development.",
        _origins,
        _origins_are_exact,
    ),
)
