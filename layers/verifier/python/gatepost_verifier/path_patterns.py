"""Patterns of paths, and which rule decides about the paths of a pattern: what it takes to say rules in IAM's language.

A pattern is a path's segments, each a text or one of the wildcards below. All but `ONE` mean to IAM what they mean here, where
`*` is any text and `?` any character, slashes too: that is what makes a pattern a resource of a policy
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html). Only paths that `decide` doesn't
refuse anyway are looked at, so no segment is empty, but for the last of a path that ends in a slash.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from gatepost_verifier.route_rules import Rule, is_greedy

ONE = "{}"
"""One segment, not empty: a rule's `{name}`. IAM has no word for it."""
MANY = "?*"
"""One segment or more, not only an empty one: a rule's `{name+}`."""
ANY = "*"
"""One segment or more, also only an empty one."""
WILDCARDS = frozenset({ONE, MANY, ANY})

Pattern = tuple[str, ...]

# Stands for all segments that no rule spells out: no request's path has a control character by the time it gets here.
_ELSE = "\0"


def template(rule: Rule) -> Pattern:
    """The paths that `rule` speaks about."""
    return tuple(MANY if is_greedy(segment) else ONE if segment.startswith("{") else segment for segment in rule.segments)


def glob(pattern: Pattern) -> Pattern:
    """The narrowest pattern in IAM's language around `pattern`: a variable may be several segments there."""
    return tuple(MANY if token == ONE else token for token in pattern)


def longer(pattern: Pattern, index: int, count: int) -> Pattern:
    """What `glob` adds to `pattern` by letting the `ONE` at `index` be `count` segments or more."""
    last = ANY if index == len(pattern) - 1 else MANY
    return glob(pattern[:index]) + (MANY,) * (count - 1) + (last,) + glob(pattern[index + 1 :])


def matches(pattern: Pattern, segments: Iterable[str]) -> bool:
    """Whether a path of these `segments` is one of `pattern`. Takes time by their number, whatever they are."""
    places = frozenset({0})
    for segment in segments:
        places = _step(pattern, places, segment)
        if not places:
            return False
    return len(pattern) in places


def covers(outer: Pattern, inner: Pattern) -> bool:
    """Whether all paths of `inner` are ones of `outer`. Both are globs."""
    return matches(outer, inner)


def _step(pattern: Pattern, places: frozenset[int], segment: str) -> frozenset[int]:
    """Where in `pattern` one can be after `segment`, from `places`: the numbers of tokens left behind."""
    after = set()
    for place in places:
        if place and pattern[place - 1] in (MANY, ANY):
            after.add(place)
        if place < len(pattern):
            token = pattern[place]
            # An `ANY` (of an inner pattern) may be empty, too.
            if token in (segment, ANY) or (token in (ONE, MANY) and segment not in ("", ANY)):
                after.add(place + 1)
    return frozenset(after)


class TooEntangled(Exception):
    """The templates overlap in so many ways that following them takes too long."""


class RouteMap:
    """Which of some templates, the most specific first, decides about the paths of a pattern.

    All templates are followed at once, segment by segment, as a finite automaton whose states are made when they are met. There
    can be exponentially many, so `steps` says how many more may be met.
    """

    def __init__(self, templates: Sequence[Pattern]) -> None:
        self.steps = 0
        self._templates = templates
        self._start = frozenset((number, 0) for number in range(len(templates)))
        # Not for what clients send: of the segments here there are but so many.
        self._step = lru_cache(maxsize=65_536)(_step)
        self._followed: dict[tuple[frozenset[tuple[int, int]], str], frozenset[tuple[int, int]]] = {}

    def deciding(self, pattern: Pattern, without: Collection[Pattern] = ()) -> frozenset[int | None]:
        """The numbers of the templates that decide about at least one path of `pattern` that no pattern of `without` has.

        None is among them if such a path has no template. Raises TooEntangled.
        """
        deciding: set[int | None] = set()
        start = (self._start, frozenset({0}), tuple(frozenset({0}) for _ in without))
        seen, waiting = {start}, [start]
        while waiting:
            self.steps -= 1
            if self.steps < 0:
                raise TooEntangled
            state, places, others = waiting.pop()
            for segment in self._segments(state, pattern, places):
                there = self._step(pattern, places, segment)
                if not there:
                    continue
                beyond = tuple(self._step(other, at, segment) for other, at in zip(without, others, strict=True))
                following = self._follow(state, segment)
                if len(pattern) in there and not any(len(other) in at for other, at in zip(without, beyond, strict=True)):
                    deciding.add(self._first(following))
                reached = (following, there, beyond)
                # Nothing comes after a path's last slash.
                if segment and reached not in seen:
                    seen.add(reached)
                    waiting.append(reached)
        return frozenset(deciding)

    def _segments(self, state: frozenset[tuple[int, int]], pattern: Pattern, places: frozenset[int]) -> Iterable[str]:
        """The segments that can make a difference next: those spelled out, and one for all others."""
        wanted = set(self._next(pattern, places))
        if wanted and not wanted & WILDCARDS:
            return wanted
        for number, place in state:
            wanted.update(self._next(self._templates[number], frozenset({place})))
        return wanted - WILDCARDS | {_ELSE, ""}

    @staticmethod
    def _next(pattern: Pattern, places: frozenset[int]) -> Iterator[str]:
        for place in places:
            if place < len(pattern):
                yield pattern[place]
            if place and pattern[place - 1] in (MANY, ANY):
                yield pattern[place - 1]

    def _follow(self, state: frozenset[tuple[int, int]], segment: str) -> frozenset[tuple[int, int]]:
        key = state, segment
        if key not in self._followed:
            self._followed[key] = frozenset(
                (number, place)
                for number, at in state
                for place in self._step(self._templates[number], frozenset({at}), segment)
            )
        return self._followed[key]

    def _first(self, state: frozenset[tuple[int, int]]) -> int | None:
        return min((number for number, place in state if place == len(self._templates[number])), default=None)
