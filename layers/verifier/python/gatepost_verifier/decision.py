"""The one place where a call is allowed or refused, whatever event it came in."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple
from urllib.parse import unquote

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.route_rules import CONNECT, CONNECT_PATH, Rule, find_rule

Default = Literal["deny", "authenticated"]
"""What a route without a rule needs (`GATEPOST_DEFAULT`)."""

# What the API behind could read as another path than we do: control characters, backslashes, path parameters (`;`), the start
# of a query or fragment, empty and dot segments; and all of these still percent-encoded, `%` itself included. And what an IAM
# policy can't name, since there it stands for other paths: wildcards and variables.
_AMBIGUOUS = re.compile(
    r"[\x00-\x1f\x7f\\;?#*]"
    r"|\$\{"
    r"|//"
    r"|/\.{1,2}(?:/|$)"
    r"|%(?:[01][0-9a-f]|2[35aef]|3[bf]|5c|7f)",
    re.IGNORECASE,
)


class Decision(NamedTuple):
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

    `rules` are those of `parse_rules`. `path` is the one the gateway chose its route by, the stage's name taken off; the
    connection of a WebSocket API is CONNECT of `$connect`. A trailing slash makes another path, and case matters. Whatever the
    API behind could read as another path is refused; a percent-encoded path must be allowed as it stands and decoded.
    """
    decision = _decide(rules, default, method, path, token)
    if not decision.allowed or "%" not in path:
        return decision
    decoded = _decide(rules, default, method, unquote(path), token)
    return decision if decoded.allowed else decoded


def _decide(rules: Sequence[Rule], default: Default, method: str, path: str, token: AccessToken | None) -> Decision:
    placed = path == CONNECT_PATH if method == CONNECT else path.startswith("/")
    ambiguous = not placed or _AMBIGUOUS.search(path) is not None
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
