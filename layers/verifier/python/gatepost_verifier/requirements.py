"""What a route asks of its caller: conditions joined by `&` and `|`, where `&` binds tighter.

| condition | holds if |
| --- | --- |
| `public` | always, also without a token; stands alone |
| `authenticated` | the token is valid |
| `orders:read` | the token's permissions include it, or `orders:*`, `*:read` or `*` |
| `mfa` | the user signed in with a second factor or a hardware key (`amr` has mfa, otp, hwk or swk, RFC 8176) |
| `scope:x` | the token's scope includes x (RFC 6749 section 3.3) |
| `client` | the token is a machine's own: no user is involved, so `sub` is the client (RFC 9068 section 2.2) |
"""

import re
from collections.abc import Collection, Hashable
from typing import NamedTuple

from gatepost_verifier.claims import AccessToken

PUBLIC = "public"
CONDITIONS = "public, authenticated, mfa, client, scope:NAME or a permission such as orders:read"

_WORDS = frozenset({PUBLIC, "authenticated", "mfa", "client"})
_SCOPE = "scope:"
# Without `*`: a rule names the one thing it protects.
_PERMISSION = re.compile(r"[A-Za-z0-9._-]+:[A-Za-z0-9._-]+", re.ASCII)
# scope-token (RFC 6749 section 3.3), less what separates conditions and rules.
_SCOPE_NAME = re.compile(r"[!$%'-:<-\[\]-{}~]+", re.ASCII)
_SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk"})


class Requirement(NamedTuple):
    """One of `alternatives` must hold, and of that every condition."""

    alternatives: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return " | ".join(" & ".join(conditions) for conditions in self.alternatives)

    @property
    def public(self) -> bool:
        """Whether nothing is asked, not even a token."""
        return self.alternatives == ((PUBLIC,),)

    def met_by(self, token: AccessToken) -> bool:
        """Whether the bearer of a verified `token` fulfils it."""
        return any(all(_holds(condition, token) for condition in conditions) for conditions in self.alternatives)

    def unmet_by(self, token: AccessToken) -> tuple[tuple[str, ...], ...]:
        """Of each alternative, the conditions that don't hold for the bearer of `token`."""
        return tuple(tuple(condition for condition in one if not _holds(condition, token)) for one in self.alternatives)


def is_condition(text: str) -> bool:
    """Whether `text` is a condition of the table above."""
    if text.startswith(_SCOPE):
        return _SCOPE_NAME.fullmatch(text, len(_SCOPE)) is not None
    return text in _WORDS or _PERMISSION.fullmatch(text) is not None


def grants(permissions: Collection[str], needed: str) -> bool:
    """Whether `permissions` include `needed` (`resource:action`); in them `*` stands for all resources or all actions."""
    resource, _, action = needed.partition(":")
    return not {needed, f"{resource}:*", f"*:{action}", "*:*", "*"}.isdisjoint(permissions)


def rights(token: AccessToken) -> Hashable:
    """All that conditions look at: whose rights are the same, fulfil the same requirements."""
    return token.permissions, token.scope, token.amr, _is_machine(token)


def _holds(condition: str, token: AccessToken) -> bool:
    if condition in (PUBLIC, "authenticated"):
        return True
    if condition == "mfa":
        return not _SECOND_FACTORS.isdisjoint(token.amr)
    if condition == "client":
        return _is_machine(token)
    if condition.startswith(_SCOPE):
        return condition.removeprefix(_SCOPE) in token.scope
    return grants(token.permissions, condition)


def _is_machine(token: AccessToken) -> bool:
    return token.sub == token.client_id
