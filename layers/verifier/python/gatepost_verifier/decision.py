"""The one place where a call is allowed or refused, whatever event it came in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.route_rules import Rule, find_rule

Default = Literal["deny", "authenticated"]
"""What a route without a rule needs (`GATEPOST_DEFAULT`)."""

# What the API behind could read as another path than we do: control characters, backslashes, path parameters (`;`), the start
# of a query or fragment, empty and dot segments; and all of these still percent-encoded, `%` itself included.
_AMBIGUOUS = re.compile(
    r"[\x00-\x1f\x7f\\;?#]"
    r"|//"
    r"|/\.{1,2}(?:/|$)"
    r"|%(?:[01][0-9a-f]|2[35ef]|3[bf]|5c|7f)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call is allowed, and the HTTP status that says so: 200, 401 without a valid token, or 403.

    `reason` is a stable snake_case word; `rule` is the one that decided, None if none spoke about the call.
    """

    status: Literal[200, 401, 403]
    reason: str
    rule: Rule | None = None

    @property
    def allowed(self) -> bool:
        """Whether the call may go on."""
        return self.status == 200


def decide(rules: Sequence[Rule], default: Default, method: str, path: str, token: AccessToken | None) -> Decision:
    """Decide about a call of `method` to `path` by the bearer of `token`, a verified one, or None if the call has none.

    `rules` are those of `parse_rules`. `path` is the one the gateway chose its route by, the stage's name taken off. A trailing
    slash makes another path, and case matters. Whatever the API behind could read as another path is refused.
    """
    ambiguous = not path.startswith("/") or _AMBIGUOUS.search(path) is not None
    rule = None if ambiguous else find_rule(rules, method, path)
    if rule is not None and rule.requirement.public:
        return Decision(200, "public", rule)
    if token is None:
        return Decision(401, "token_required", rule)
    if ambiguous:
        return Decision(403, "path_ambiguous")
    if rule is not None:
        return Decision(200, "permitted", rule) if rule.requirement.met_by(token) else Decision(403, "not_permitted", rule)
    return Decision(200, "default") if default == "authenticated" else Decision(403, "no_rule")
