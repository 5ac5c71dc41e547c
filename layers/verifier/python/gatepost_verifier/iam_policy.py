"""The policy that answers a REST, HTTP or WebSocket API: exact for the path that was asked, and safe to keep for all others.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html. The gateway keeps a
policy and applies it to whatever else comes with the same token, so it speaks about the whole API.
"""

import json
import logging
import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.decision import Default
from gatepost_verifier.grants import Grant, GrantCompiler, Resource
from gatepost_verifier.method_arn import MethodArn
from gatepost_verifier.path_patterns import matches
from gatepost_verifier.requirements import rights
from gatepost_verifier.route_rules import CONNECT, CONNECT_PATH, Rule

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


class _Whole(NamedTuple):
    """A grant, and its resources written out for one stage of one API."""

    grant: Grant
    allow: tuple[str, ...]
    literal: tuple[str, ...]
    """What of `allow` has no wildcard. It reaches no other path, so nothing needs to be denied beside it."""
    deny: tuple[str, ...]


_NOTHING = _Whole(Grant(), (), (), ())
_Resources = tuple[str, ...]


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
        whole = self._whole(prefix, token)
        return _fits(_document(whole.allow, whole.deny))

    def policy(self, arn: MethodArn, allowed: bool, token: AccessToken | None) -> dict[str, Any] | None:
        """The policy that answers the call `arn`, about which was decided that it is `allowed` to the bearer of `token`.

        None if no policy within the gateway's limits can allow it. The log says once a process what isn't as the rules say.
        """
        whole = _NOTHING if arn.method == CONNECT else self._whole(arn.prefix, token)
        for allow, deny in _allowing(arn, whole) if allowed else _denying(arn, whole):
            document = _document(allow, deny)
            if _fits(document):
                return document
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
    allow = tuple(f"{prefix}{resource}" for resource in grant.allow)
    literal = tuple(f"{prefix}{resource}" for resource in grant.allow if resource.literal)
    refused = _REFUSED_PATHS if literal != allow else ()
    return _Whole(grant, allow, literal, tuple(f"{prefix}{resource}" for resource in (*grant.deny, *refused)))


def _allowing(arn: MethodArn, whole: _Whole) -> Iterator[tuple[_Resources, _Resources]]:
    """What to allow and deny so that `arn` is allowed: the most that is safe, then less and less."""
    asked = f"{arn.prefix}{_asked(arn)}"
    segments = arn.path.split("/")[1:]
    if not _speaks(whole.grant.deny, arn.method, segments) and not (whole.deny and "%" in arn.path):
        known = _speaks(whole.grant.allow, arn.method, segments)
        yield (whole.allow if known else (*whole.allow, asked)), whole.deny
    yield (*whole.literal, asked), ()
    yield (asked,), ()


def _denying(arn: MethodArn, whole: _Whole) -> Iterator[tuple[_Resources, _Resources]]:
    """What to allow and deny so that `arn` is denied: the most that is safe, then less and less."""
    asked = _named_for_denial(arn)
    yield whole.allow, (*whole.deny, asked)
    yield whole.literal, (asked,)
    yield (), (asked,)


def _asked(arn: MethodArn) -> str:
    return CONNECT_PATH if arn.method == CONNECT else arn.method + arn.path


def _named_for_denial(arn: MethodArn) -> str:
    # A wildcard in the path can't be denied as itself, nor a path that is too long to be named: a few others go with it.
    name = arn.prefix + _SPECIAL.sub("?", _asked(arn))
    return name if len(name) <= MAX_RESOURCE_LENGTH else f"{name[: MAX_RESOURCE_LENGTH - 1]}*"


def _speaks(resources: Sequence[Resource], method: str, segments: Sequence[str]) -> bool:
    return any(resource.method == method and matches(resource.pattern, segments) for resource in resources)


def _document(allow: _Resources, deny: _Resources) -> dict[str, Any]:
    statements = (("Allow", allow), ("Deny", deny))
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}
            for effect, resources in statements
            if resources
        ],
    }


def _fits(document: dict[str, Any]) -> bool:
    longest = max((len(resource) for statement in document["Statement"] for resource in statement["Resource"]), default=0)
    return longest <= MAX_RESOURCE_LENGTH and len(json.dumps(document)) <= MAX_POLICY_BYTES


@lru_cache(maxsize=1024)
def _say_once(message: str) -> None:
    _logger.warning(message)
