"""The environment of the authorizer, read once at cold start. Nothing else in the verifier reads `os.environ`.

| variable | meaning |
| --- | --- |
| `GATEPOST_ISSUER` | required: whose tokens are taken, exactly as in `iss` |
| `GATEPOST_AUDIENCE` | required: what must stand in `aud` |
| `GATEPOST_ROUTES` | the rules (`route_rules`), or `@FILE` to read them from a file in the bundle |
| `GATEPOST_DEFAULT` | what a route without a rule needs: `deny` (the default) or `authenticated` |
| `GATEPOST_V2_RESPONSE` | how an HTTP API takes answers in payload format 2.0: `simple` (the default) or `iam` |
| `GATEPOST_JWKS` | the key set itself, so that none is fetched; from the issuer by default |
| `GATEPOST_REVOCATION_MAX_AGE` | seconds a revocation list may be old, 1 to 900, or `off` for none |

By default a revocation list may be 60 seconds old, but if the key set is given none is asked for, so that nothing is ever
fetched. Without one a token is taken until it expires.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple, Self, TypeVar

from gatepost_verifier.decision import Default
from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.events import V2Response
from gatepost_verifier.key_set import KeyLookup, parse_key_set
from gatepost_verifier.key_source import KeySource
from gatepost_verifier.revocations import MAX_AGES, RevocationSource
from gatepost_verifier.route_rules import Rule, parse_rules

REVOCATION_MAX_AGE = 60
"""Seconds a revocation list may be old by default, where something is fetched anyway."""

_DEFAULTS: Mapping[str, Default] = {"": "deny", "deny": "deny", "authenticated": "authenticated"}
_V2_RESPONSES: Mapping[str, V2Response] = {"": "simple", "simple": "simple", "iam": "iam"}
_Word = TypeVar("_Word", bound=str)


class SettingsError(ValueError):
    """A variable is missing or malformed; the message names it."""


class Settings(NamedTuple):
    """What the authorizer is told, checked. `keys` finds the issuer's key of a `kid`; `revocations` is None for `off`."""

    issuer: str
    audience: str
    rules: tuple[Rule, ...]
    default: Default
    v2_response: V2Response
    keys: KeyLookup
    revocations: RevocationSource | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ` (the process's environment by default). Raises SettingsError."""
        source = os.environ if environ is None else environ
        issuer = _required(source, "GATEPOST_ISSUER")
        return cls(
            issuer=issuer,
            audience=_required(source, "GATEPOST_AUDIENCE"),
            rules=_rules(source),
            default=_choice(source, "GATEPOST_DEFAULT", _DEFAULTS, "deny or authenticated"),
            v2_response=_choice(source, "GATEPOST_V2_RESPONSE", _V2_RESPONSES, "simple or iam"),
            keys=_keys(source, issuer),
            revocations=_revocations(source, issuer),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value or value != value.strip():
        raise SettingsError(f"{name} must be set, without blanks around it")
    return value


def _rules(environ: Mapping[str, str]) -> tuple[Rule, ...]:
    where, text = "GATEPOST_ROUTES", environ.get("GATEPOST_ROUTES", "")
    if text.startswith("@"):
        name = text[1:].strip()
        where += f", {name}"
        try:
            # Where Lambda unpacks the bundle. Without pathlib, which would be a millisecond of every cold start.
            with open(os.path.join(environ.get("LAMBDA_TASK_ROOT", ""), name), encoding="utf-8") as file:  # noqa: PTH118, PTH123
                text = file.read()
        except (OSError, ValueError) as error:
            raise SettingsError(f"{where}: the file can't be read ({type(error).__name__})") from error
    try:
        return parse_rules(text)
    except ValueError as error:
        raise SettingsError(f"{where}, {error}") from error


def _choice(environ: Mapping[str, str], name: str, choices: Mapping[str, _Word], words: str) -> _Word:
    value = environ.get(name, "")
    if value not in choices:
        raise SettingsError(f"{name} must be {words}, not {value!r}")
    return choices[value]


def _keys(environ: Mapping[str, str], issuer: str) -> KeyLookup:
    name, jwks = "GATEPOST_JWKS", environ.get("GATEPOST_JWKS", "")
    try:
        if jwks:
            return parse_key_set(parse_json_object(jwks.encode())).get
        name = "GATEPOST_ISSUER"
        return KeySource(issuer).get
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error


def _revocations(environ: Mapping[str, str], issuer: str) -> RevocationSource | None:
    name = "GATEPOST_REVOCATION_MAX_AGE"
    value = environ.get(name, "") or ("off" if environ.get("GATEPOST_JWKS") else str(REVOCATION_MAX_AGE))
    if value == "off":
        return None
    if not value.isdecimal() or not value.isascii() or len(value) > 3 or int(value) not in MAX_AGES:
        raise SettingsError(f"{name} must be off, or seconds from {MAX_AGES[0]} to {MAX_AGES[-1]}, not {value!r}")
    try:
        return RevocationSource(issuer, max_age=int(value))
    except ValueError as error:
        raise SettingsError(f"GATEPOST_ISSUER: {error}") from error
