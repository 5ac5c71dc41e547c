"""The environment of the authorizer, read once at cold start. Nothing else in the verifier reads `os.environ`.

| variable | meaning |
| --- | --- |
| `GATEPOST_ISSUER` | required: whose tokens are taken, exactly as in `iss` |
| `GATEPOST_AUDIENCE` | required: what must stand in `aud` |
| `GATEPOST_ROUTES` | the rules (`route_rules`), or `@FILE` to read them from a file in the bundle |
| `GATEPOST_DEFAULT` | what a route without a rule needs: `deny` (the default) or `authenticated` |
| `GATEPOST_JWKS` | the key set itself, so that nothing is ever fetched; from the issuer by default |
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gatepost_verifier.decision import Default
from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.key_set import parse_key_set
from gatepost_verifier.key_source import KeySource
from gatepost_verifier.route_rules import Rule, parse_rules
from gatepost_verifier.tokens import KeyLookup

_DEFAULTS: Mapping[str, Default] = {"": "deny", "deny": "deny", "authenticated": "authenticated"}


class SettingsError(ValueError):
    """A variable is missing or malformed; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the authorizer is told, checked. `keys` finds the issuer's key of a `kid`."""

    issuer: str
    audience: str
    rules: tuple[Rule, ...]
    default: Default
    keys: KeyLookup

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ` (the process's environment by default). Raises SettingsError."""
        source = os.environ if environ is None else environ
        issuer = _required(source, "GATEPOST_ISSUER")
        return cls(
            issuer=issuer,
            audience=_required(source, "GATEPOST_AUDIENCE"),
            rules=_rules(source),
            default=_default(source),
            keys=_keys(source, issuer),
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
            # Where Lambda unpacks the bundle.
            text = Path(environ.get("LAMBDA_TASK_ROOT", ""), name).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise SettingsError(f"{where}: the file can't be read ({type(error).__name__})") from error
    try:
        return parse_rules(text)
    except ValueError as error:
        raise SettingsError(f"{where}, {error}") from error


def _default(environ: Mapping[str, str]) -> Default:
    value = environ.get("GATEPOST_DEFAULT", "")
    if value not in _DEFAULTS:
        raise SettingsError(f"GATEPOST_DEFAULT must be deny or authenticated, not {value!r}")
    return _DEFAULTS[value]


def _keys(environ: Mapping[str, str], issuer: str) -> KeyLookup:
    name, jwks = "GATEPOST_JWKS", environ.get("GATEPOST_JWKS", "")
    try:
        if jwks:
            return parse_key_set(parse_json_object(jwks.encode())).get
        name = "GATEPOST_ISSUER"
        return KeySource(issuer).get
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error
