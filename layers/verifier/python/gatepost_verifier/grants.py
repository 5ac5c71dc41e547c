"""All that a caller may do at an API, in IAM's language: resources of a policy that is kept for other calls than one."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gatepost_verifier.decision import Default
from gatepost_verifier.path_grants import Gap, PathRules
from gatepost_verifier.path_patterns import WILDCARDS, Pattern
from gatepost_verifier.route_rules import METHODS, Rule


class Resource(NamedTuple):
    """A method and a pattern of paths. Text is what follows the stage in an ARN."""

    method: str
    pattern: Pattern

    def __str__(self) -> str:
        return f"{self.method}/{'/'.join(self.pattern)}"

    @property
    def literal(self) -> bool:
        """Whether it is one path."""
        return WILDCARDS.isdisjoint(self.pattern)


class Grant(NamedTuple):
    """What a caller is allowed (`allow`, less `deny`) by a policy that is kept for other paths than the one asked for."""

    allow: tuple[Resource, ...] = ()
    deny: tuple[Resource, ...] = ()
    gaps: tuple[Gap, ...] = ()


class GrantCompiler:
    """Makes grants for the callers of one API. Each set of rules that a caller meets is compiled once."""

    def __init__(self, rules: Sequence[Rule], default: Default) -> None:
        self._default = default
        places = {method: tuple(place for place, rule in enumerate(rules) if rule.covers(method)) for method in METHODS}
        # Methods with the same rules share what is found out about them.
        shared = {same: PathRules(rules, same) for same in set(places.values())}
        self._methods = {method: shared[same] for method, same in places.items()}
        self.grant = lru_cache(maxsize=256)(self._grant)

    def _grant(self, met: tuple[bool, ...], authenticated: bool) -> Grant:
        """The grant of a caller who meets those rules, with a valid token or without."""
        by_default = authenticated and self._default == "authenticated"
        sets = set(self._methods.values())
        # An authorizer has seconds, and what it doesn't finish it would begin anew at each call.
        compiled = {rules: rules.compile(met, by_default, share=len(sets)) for rules in sets}
        parts = {method: compiled[rules] for method, rules in self._methods.items()}
        gaps: dict[Gap, list[str]] = {}
        for method, part in parts.items():
            for gap in part.gaps:
                gaps.setdefault(gap, []).append(method)
        return Grant(
            tuple(Resource(method, pattern) for method, part in parts.items() for pattern in part.allow),
            tuple(Resource(method, pattern) for method, part in parts.items() for pattern in part.deny),
            tuple(gap._replace(methods=tuple(methods)) for gap, methods in gaps.items()),
        )
