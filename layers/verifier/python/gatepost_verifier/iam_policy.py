"""The policy that answers a REST, HTTP or WebSocket API: exact for the path that was asked, and safe to keep for all others.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html. The gateway keeps a
policy and applies it to whatever else comes with the same token, so it speaks about the whole API.
"""

import json
import logging
import re
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.decision import Default
from gatepost_verifier.grants import Grant, GrantCompiler
from gatepost_verifier.method_arn import MethodArn
from gatepost_verifier.path_patterns import Pattern, matches
from gatepost_verifier.requirements import rights
from gatepost_verifier.route_rules import CONNECT, CONNECT_PATH, METHODS, Rule

MAX_POLICY_BYTES = 8192
MAX_RESOURCE_LENGTH = 512
"""Characters of a resource in an authorizer's policy (the page above); the ARN of a call may be longer."""

# Beside an Allow with a wildcard: what `decide` refuses whatever the rules say, as far as IAM has words for it. Encoded paths
# have two readings, which IAM can't weigh, so they are answered only where they are asked for.
_REFUSED_PATHS = ("*%*", "*;*", "*\\*", "*#*", "*//*", "*/./*", "*/../*", "*/.", "*/..")
# What isn't itself in a resource: wildcards, the beginning of a variable, and what JSON or IAM might not take.
_SPECIAL = re.compile(r"[*?\x00-\x1f\x7f]|\$(?=\{)")
_MAX_KEPT = 256

_logger = logging.getLogger(__name__)


class _Part(NamedTuple):
    """What a policy can say beside the call that was asked about; each resource written out. `size` is that of its JSON."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    size: int = 0


class _Whole(NamedTuple):
    """A grant for one stage of one API: all of it, and what of it reaches no other path, so that nothing need be denied."""

    everything: _Part = _Part()
    literal: _Part = _Part()
    patterns: Mapping[str, tuple[list[Pattern], list[Pattern]]] = {}
    """By method, those that are allowed and those that are denied."""


class PolicyCompiler:
    """Makes the policies of one API."""

    def __init__(self, rules: Sequence[Rule], default: Default) -> None:
        self._rules = rules
        self._grants = GrantCompiler(rules, default)
        self._kept: dict[tuple[Hashable, str], _Whole] = {}

    def grant(self, token: AccessToken | None) -> Grant:
        """All that the bearer of a verified `token` may do, or everybody if it is None."""
        met = tuple(rule.requirement.public or (token is not None and rule.requirement.met_by(token)) for rule in self._rules)
        return self._grants.grant(met, token is not None)

    def fits(self, prefix: str, token: AccessToken | None) -> bool:
        """Whether the policy about the whole API, at the stage of `prefix`, is within the gateway's limits."""
        return self._whole(prefix, token).everything.size <= MAX_POLICY_BYTES

    def policy(self, arn: MethodArn, allowed: bool, token: AccessToken | None) -> dict[str, Any] | None:
        """The policy that answers the call `arn`, about which was decided that it is `allowed` to the bearer of `token`.

        None if no policy within the gateway's limits can allow it. The log says once a process what isn't as the rules say.
        """
        whole = _Whole() if arn.method == CONNECT else self._whole(arn.prefix, token)
        name = arn.prefix + _asked(arn) if allowed else _named_for_denial(arn)
        # The most that is safe, then less and less.
        parts = [whole.everything, whole.literal, _Part()]
        if allowed and arn.method != CONNECT:
            known, refused = _said(whole, arn)
            if refused:
                del parts[0]
            elif known and whole.everything.size <= MAX_POLICY_BYTES:
                return _document(whole.everything.allow, whole.everything.deny)
        for part in parts:
            if len(name) <= MAX_RESOURCE_LENGTH and part.size + len(json.dumps(name)) + _STATEMENT_SIZE <= MAX_POLICY_BYTES:
                return _document((*part.allow, name), part.deny) if allowed else _document(part.allow, (*part.deny, name))
            _say_once("the policy for the whole API is over the gateway's limits, so it speaks about a part")
        return None

    def denial(self, arn: MethodArn) -> dict[str, Any]:
        """The policy that denies `arn` and allows nothing."""
        return _document((), (_named_for_denial(arn),))

    def _whole(self, prefix: str, token: AccessToken | None) -> _Whole:
        key = None if token is None else rights(token), prefix
        whole = self._kept.get(key)
        if whole is None:
            grant = self.grant(token)
            for gap in grant.gaps:
                if gap.withheld:
                    _say_once(f"the policy gives less than the rules: {gap}")
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            whole = self._kept[key] = _written_out(grant, prefix)
        return whole


def _written_out(grant: Grant, prefix: str) -> _Whole:
    patterns: dict[str, tuple[list[Pattern], list[Pattern]]] = {method: ([], []) for method in METHODS}
    for effect, resources in enumerate((grant.allow, grant.deny)):
        for resource in resources:
            patterns[resource.method][effect].append(resource.pattern)
    literal = [resource for resource in grant.allow if resource.literal]
    refused = _REFUSED_PATHS if len(literal) < len(grant.allow) else ()
    return _Whole(_part(prefix, grant.allow, (*grant.deny, *refused)), _part(prefix, literal, ()), patterns)


def _part(prefix: str, allow: Sequence[object], deny: Sequence[object]) -> _Part:
    allowed, denied = (tuple(f"{prefix}{resource}" for resource in resources) for resources in (allow, deny))
    longest = max(map(len, allowed + denied), default=0)
    size = len(json.dumps(_document(allowed, denied)))
    return _Part(allowed, denied, size if longest <= MAX_RESOURCE_LENGTH else MAX_POLICY_BYTES + 1)


def _said(whole: _Whole, arn: MethodArn) -> tuple[bool, bool]:
    """Whether `whole` has an Allow for `arn`, and whether it has a Deny."""
    segments = arn.path.split("/")[1:]
    allow, deny = whole.patterns.get(arn.method, ((), ()))
    refused = ("%" in arn.path and whole.everything.deny) or any(matches(pattern, segments) for pattern in deny)
    return any(matches(pattern, segments) for pattern in allow), bool(refused)


def _asked(arn: MethodArn) -> str:
    return CONNECT_PATH if arn.method == CONNECT else arn.method + arn.path


def _named_for_denial(arn: MethodArn) -> str:
    # A wildcard in the path can't be denied as itself, nor a path that is too long to be named: a few others go with it.
    name = arn.prefix + _SPECIAL.sub("?", _asked(arn))
    return name if len(name) <= MAX_RESOURCE_LENGTH else f"{name[: MAX_RESOURCE_LENGTH - 1]}*"


def _document(allow: Sequence[str], deny: Sequence[str]) -> dict[str, Any]:
    statements = (("Allow", allow), ("Deny", deny))
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}
            for effect, resources in statements
            if resources
        ],
    }


# What one more statement adds at the most.
_STATEMENT_SIZE = len(json.dumps(_document(("",), ())))


@lru_cache(maxsize=1024)
def _say_once(message: str) -> None:
    _logger.warning(message)
