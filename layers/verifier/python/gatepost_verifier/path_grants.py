"""What the rules about one method grant a caller: patterns of paths that are allowed, and ones that are denied after all.

A rule that is met becomes an Allow of its glob, which reaches further than the rule, since `*` crosses slashes. What it mustn't
reach is denied: paths that are longer than the rule's, then the rules that aren't met. A Deny wins over every Allow, so it is
only used if it meets no path that a met rule decides. Where there is no such Deny, the Allow is withheld: a grant never allows
a path that a rule denies. `docs/decisions/0011-iam-policies-for-whole-apis.md` says more.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gatepost_verifier.path_patterns import (
    ANY,
    MANY,
    ONE,
    WILDCARDS,
    Pattern,
    RouteMap,
    TooEntangled,
    covers,
    glob,
    longer,
    template,
)
from gatepost_verifier.route_rules import Rule

MAX_STEPS = 50_000
"""About a second, for all methods together. A hundred rules need some hundred, unless variables stand before most of what tells
them apart."""


class Gap(NamedTuple):
    """Where a grant differs from the rules: `rule` can't be told apart from `other` in IAM's language.

    What `rule` allows is withheld, or else some of `other` is allowed with it. None is what no rule names, and as the reason
    for something withheld, that rules which overlap in too many ways aren't looked at in all of them. Asked for, each path is
    still answered as the rules say.
    """

    rule: Rule | None
    other: Rule | None
    withheld: bool
    methods: tuple[str, ...] = ()

    def __str__(self) -> str:
        rule, other = (str(side) if side else "a path that no rule names" for side in (self.rule, self.other))
        where = "" if self.rule and self.rule.method in self.methods else f" ({', '.join(self.methods)})"
        if self.withheld:
            why = f"{other} can't be denied beside it" if self.other else "the rules overlap in too many ways"
            return f"{rule} is allowed only where it is asked for, since {why}{where}"
        return f"{rule} can't be allowed without longer paths that no rule names{where}"


class PathGrant(NamedTuple):
    """What one method is allowed (`allow`, less `deny`), and where that differs from the rules."""

    allow: list[Pattern]
    deny: list[Pattern]
    gaps: list[Gap]


class PathRules:
    """The rules about one method. Their numbers are places in `_rules`, None is what none of them names."""

    def __init__(self, rules: Sequence[Rule], places: Sequence[int]) -> None:
        self._places = places
        self._rules = [rules[place] for place in places]
        self._templates = [template(rule) for rule in self._rules]
        self._longest = max(map(len, self._templates), default=0) + 1
        self._routes = RouteMap(self._templates)
        self._deciding = lru_cache(maxsize=4096)(self._routes.deciding)

    def compile(self, met: tuple[bool, ...], by_default: bool, *, share: int = 1) -> PathGrant:
        """What a caller is granted who meets those rules; `by_default`: what no rule names is allowed.

        It may take one of so many shares of `MAX_STEPS`.
        """
        allowed = {number for number, place in enumerate(self._places) if met[place]}
        self._routes.steps = MAX_STEPS // share
        if not by_default:
            return self._each(allowed, by_default, [])
        try:
            obstacle = self._obstacle(allowed)
            if obstacle is None:
                return self._everything_but(allowed)
        except TooEntangled:
            obstacle = None
        return self._each(allowed, by_default, [Gap(None, obstacle, withheld=True)])

    def _everything_but(self, allowed: set[int]) -> PathGrant:
        """Everything, since what no rule names is allowed, less the rules that aren't met."""
        refused = self._unmet(self._deciding((ANY,)), allowed)
        deny = [glob(self._templates[number]) for number in refused]
        less = [number for number, pattern in zip(refused, deny, strict=True) if None in self._deciding(pattern)]
        return PathGrant([(ANY,)], _irredundant(deny), [Gap(None, self._rules[number], withheld=True) for number in less])

    def _each(self, allowed: set[int], by_default: bool, gaps: list[Gap]) -> PathGrant:
        """An Allow for each rule that is met."""
        allow, deny, cuts_of = list[Pattern](), list[Pattern](), dict[int, list[Pattern]]()
        for number in sorted(allowed):
            own = self._templates[number]
            if WILDCARDS.isdisjoint(own):
                # It reaches nothing else. Only the same path can be more specific.
                allow += [own] if own not in self._templates[:number] else []
                continue
            try:
                if number not in self._deciding(own):
                    continue  # others are more specific on all of its paths
                cuts, obstacle = self._cuts(own, allowed, by_default)
            except TooEntangled:
                gaps.append(Gap(self._rules[number], None, withheld=True))
                continue
            if obstacle is not None:
                gaps.append(Gap(self._rules[number], obstacle, withheld=True))
                continue
            allow.append(glob(own))
            deny += cuts
            cuts_of[number] = cuts
        deny = _irredundant(deny)
        if not by_default:
            gaps += [Gap(self._rules[number], None, withheld=False) for number in cuts_of if self._leaks(number, deny)]
        return PathGrant(_irredundant(allow), deny, gaps)

    def _leaks(self, number: int, deny: list[Pattern]) -> bool:
        """Whether the Allow for a rule has paths that no rule names and `deny` hasn't."""
        own = self._templates[number]
        # A pattern with other literals hardly adds anything, and makes it long to find out.
        near = tuple(pattern for pattern in deny if set(pattern) <= {*own, MANY, ANY, ""})
        try:
            return None in self._deciding(glob(own), near)
        except TooEntangled:
            return True

    def _cuts(self, own: Pattern, allowed: set[int], by_default: bool) -> tuple[list[Pattern], Rule | None]:
        """What must be denied beside an Allow of `own`'s glob, and the rule that can't be, if there is one."""
        cuts = list(self._longer(own, allowed, by_default))
        unmet = self._unmet(self._deciding(glob(own), tuple(cuts)), allowed)
        patterns = [glob(self._templates[number]) for number in unmet]
        for number, pattern in zip(unmet, patterns, strict=True):
            if self._deciding(pattern) & allowed:
                return [], self._rules[number]
        return cuts + patterns, None

    def _longer(self, own: Pattern, allowed: set[int], by_default: bool) -> Iterator[Pattern]:
        """Patterns of paths longer than `own`'s, as short as they can be, that have something to be denied and nothing else."""
        for index, token in enumerate(own):
            if token != ONE:
                continue
            candidates = [longer(own, index, count) for count in range(2, self._longest + 1)]
            if index == len(own) - 1:
                candidates.insert(1, (*glob(own), ""))
            for candidate in candidates:
                decided = self._deciding(candidate)
                if decided & allowed or (by_default and not self._unmet(decided, allowed)):
                    continue
                yield candidate
                if candidate[-1] != "":
                    break

    def _unmet(self, decided: frozenset[int | None], allowed: set[int]) -> list[int]:
        return sorted(number for number in decided if number is not None and number not in allowed)

    def _obstacle(self, allowed: set[int]) -> Rule | None:
        """The first rule that isn't met and can't be denied without one that is."""
        unmet = self._unmet(self._deciding((ANY,)), allowed)
        return next((self._rules[number] for number in unmet if self._deciding(glob(self._templates[number])) & allowed), None)


def _irredundant(patterns: list[Pattern]) -> list[Pattern]:
    """`patterns` without those whose paths another one has."""
    kept: list[Pattern] = []
    for pattern in patterns:
        if not any(covers(other, pattern) for other in kept):
            kept = [other for other in kept if not covers(pattern, other)] + [pattern]
    return kept
