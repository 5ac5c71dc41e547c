"""The rules of `GATEPOST_ROUTES`: which route needs what.

    # One rule a line, or several separated by `;`.
    GET  /orders         = orders:read
    GET  /orders/{id}    = orders:read | support:read
    POST /orders         = orders:write & mfa
    *    /files/{proxy+} = authenticated; GET /health = public
    # Who may open a connection of a WebSocket API.
    CONNECT $connect     = chat:use

A path is a template as API Gateway's routes are: `{name}` stands for one segment, `{name+}` at the end for one or more; a
trailing slash makes another path. The method `*` is any of HTTP's. `requirements` says what may stand on the right.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gatepost_verifier.requirements import CONDITIONS, PUBLIC, Requirement, is_condition

ANY_METHOD = "*"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What a route of API Gateway can name."""
CONNECT, CONNECT_PATH = "CONNECT", "$connect"
"""What stands for the method and the path where a client connects to a WebSocket API."""

_METHOD_EXPECTED = f"a method ({', '.join(METHODS)}, * for any, or {CONNECT} for a WebSocket API's {CONNECT_PATH})"
_TOKEN = re.compile(r"[;=&|]|[^\s;=&|]+")
_LITERAL = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~!$'()+,:@-]+", re.ASCII)
_VARIABLE = re.compile(r"\{\w+\}", re.ASCII)
_GREEDY = re.compile(r"\{\w+\+\}", re.ASCII)
_VARIABLE_NAME = re.compile(r"(?<=^\{)\w+")


class RuleError(ValueError):
    """The rules can't be read. The message names the line and the column, both from 1, and what was expected there."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line = line
        self.column = column


class Rule(NamedTuple):
    """Calls of `method` (`*` is any) to the paths of a template need `requirement`.

    `segments` is the template between its slashes: `("orders", "{id}")`, and `("orders", "")` with a trailing slash. Only
    `CONNECT $connect` has none, and is `("$connect",)`.
    """

    method: str
    segments: tuple[str, ...]
    requirement: Requirement

    def __str__(self) -> str:
        return f"{self.method} {'' if self.method == CONNECT else '/'}{'/'.join(self.segments)}"

    def covers(self, method: str) -> bool:
        """Whether it speaks about `method`, on whatever path."""
        return self.method == method or (self.method == ANY_METHOD and method != CONNECT)

    def matches(self, method: str, segments: Sequence[str]) -> bool:
        """Whether it speaks about `method` on a path of these `segments`."""
        if not self.covers(method):
            return False
        if is_greedy(self.segments[-1]):
            single = self.segments[:-1]
            fits = any(segments[len(single) :])  # at least one character
        else:
            single = self.segments
            fits = len(single) == len(segments)
        return fits and all(map(_segment_matches, single, segments))


def _segment_matches(wanted: str, given: str) -> bool:
    return given != "" if wanted.startswith("{") else given == wanted


def is_greedy(segment: str) -> bool:
    """Whether a segment of a template is `{name+}`."""
    return segment.endswith("+}")


def find_rule(rules: Sequence[Rule], method: str, path: str) -> Rule | None:
    """The rule of `rules`, as `parse_rules` gives them, that decides a call of `method` to `path`; None if there is none."""
    segments = [path] if method == CONNECT else path.split("/")[1:]
    return next((rule for rule in rules if rule.matches(method, segments)), None)


def parse_rules(text: str) -> tuple[Rule, ...]:
    """The rules of `text`, the most specific first: the first that matches a call decides it.

    Segment by segment a literal comes before `{name}` and that before `{name+}`; then a method before `*`: so does API Gateway
    choose a route (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html). Raises
    RuleError, also for two rules about the same route.
    """
    rules: dict[tuple[str, tuple[str, ...]], Rule] = {}
    for token, rule in _parse(text):
        # The names of variables don't tell routes apart.
        route = (rule.method, tuple(_VARIABLE_NAME.sub("", segment) for segment in rule.segments))
        if route in rules:
            raise RuleError(token.line, token.column, f"expected another route, there is a rule for {rules[route]} already")
        rules[route] = rule
    return tuple(sorted(rules.values(), key=_specificity))


def _specificity(rule: Rule) -> tuple[list[int], bool]:
    ranks = [2 if is_greedy(segment) else 1 if segment.startswith("{") else 0 for segment in rule.segments]
    return ranks, rule.method == ANY_METHOD


class _Token(NamedTuple):
    line: int
    column: int
    text: str  # empty at the end of a rule


def _parse(text: str) -> Iterator[tuple[_Token, Rule]]:
    """Each rule with its first token."""
    for number, line in enumerate(text.split("\n"), start=1):
        code = line.partition("#")[0].rstrip()
        tokens = [_Token(number, match.start() + 1, match[0]) for match in _TOKEN.finditer(f"{code};")]
        while tokens:
            end = next(index for index, token in enumerate(tokens) if token.text == ";")
            if end:
                yield tokens[0], _parse_rule(iter([*tokens[:end], tokens[end]._replace(text="")]))
            del tokens[: end + 1]


def _parse_rule(tokens: Iterator[_Token]) -> Rule:
    method = _take(tokens, lambda text: text in (ANY_METHOD, CONNECT, *METHODS), _METHOD_EXPECTED).text
    segments: tuple[str, ...]
    if method == CONNECT:
        segments = (_take(tokens, lambda text: text == CONNECT_PATH, CONNECT_PATH).text,)
    else:
        segments = _parse_path(_take(tokens, lambda text: text.startswith("/"), "a path that starts with /"))
    _take(tokens, lambda text: text == "=", "=")
    alternatives: list[list[str]] = [[]]
    while True:
        condition = _take(tokens, is_condition, CONDITIONS)
        alternatives[-1].append(condition.text)
        # Beside `public` anything else would mean nothing.
        if condition.text == PUBLIC and alternatives != [[PUBLIC]]:
            raise RuleError(condition.line, condition.column, "expected another condition, since public stands alone")
        if condition.text == PUBLIC:
            operator = _take(tokens, lambda text: not text, "the end of the rule, since public stands alone")
        else:
            operator = _take(tokens, lambda text: text in ("&", "|", ""), "&, | or the end of the rule")
        if operator.text == "|":
            alternatives.append([])
        if not operator.text:
            return Rule(method, segments, Requirement(tuple(map(tuple, alternatives))))


def _take(tokens: Iterator[_Token], fits: Callable[[str], bool], expected: str) -> _Token:
    token = next(tokens)
    if not fits(token.text):
        raise RuleError(token.line, token.column, f"expected {expected}; found {token.text or 'the end of the rule'}")
    return token


def _parse_path(path: _Token) -> tuple[str, ...]:
    segments = path.text.split("/")[1:]
    column = path.column + 1
    for index, segment in enumerate(segments):
        known = _LITERAL.fullmatch(segment) or _VARIABLE.fullmatch(segment)
        if not known and not (index == len(segments) - 1 and (not segment or _GREEDY.fullmatch(segment))):
            expected = "plain characters, {name}, or {name+} at the end"
            raise RuleError(path.line, column, f"expected a segment of {expected}; found {segment or 'none'}")
        column += len(segment) + 1
    return tuple(segments)
