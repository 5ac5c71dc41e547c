"""IAM's evaluation of a policy that an authorizer answered: Deny wins, what nothing allows is denied.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

_ACTION = "execute-api:Invoke"
_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = {"Sid", "Effect", "Action", "Resource"}
_MAX_RESOURCE = 512  # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html

# In a pattern: a wildcard, an escaped one (${*}), or text.
_PART = re.compile(r"\$\{([*?$])\}|([*?])|([^*?$]+|\$)")


class PolicyInvalid(ValueError):
    """The policy can't be evaluated; the message says why."""


class Verdict(Enum):
    """What a policy says about one method and path."""

    ALLOWED = auto()
    DENIED = auto()
    EXPLICITLY_DENIED = auto()


@dataclass(frozen=True)
class Statement:
    """A statement about invoking APIs: what matches one of `resources` is allowed, or denied."""

    allows: bool
    resources: tuple[str, ...]


def read_policy(document: Any) -> tuple[Statement, ...]:
    """Return the statements of a policy document that speak about invoking an API.

    Raises:
        PolicyInvalid: if it's no policy, or says something that the local stack doesn't evaluate, such as a condition.
    """
    if not isinstance(document, dict) or document.get("Version") not in _VERSIONS:
        raise PolicyInvalid("the policy document must have the Version 2012-10-17")
    statements = document.get("Statement")
    entries = [statements] if isinstance(statements, dict) else statements
    if not isinstance(entries, list) or not entries:
        raise PolicyInvalid("the policy document must have a Statement")
    return tuple(statement for entry in entries if (statement := _statement(entry)) is not None)


def evaluate(statements: tuple[Statement, ...], arn: str) -> Verdict:
    """Return what `statements` say about the method ARN `arn`, case and all."""
    matching = [statement.allows for statement in statements if any(matches(pattern, arn) for pattern in statement.resources)]
    if not matching:
        return Verdict.DENIED
    return Verdict.ALLOWED if all(matching) else Verdict.EXPLICITLY_DENIED


def matches(pattern: str, text: str) -> bool:
    """Return whether `text` matches `pattern`: ``*`` is any text and ``?`` any character, a slash or a colon too.

    ``${*}``, ``${?}`` and ``${$}`` are the characters themselves.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    parts = (wildcards[part[2]] if part[2] else re.escape(part[1] or part[3]) for part in _PART.finditer(pattern))
    return re.compile("".join(parts), re.DOTALL)


def _statement(entry: Any) -> Statement | None:
    if not isinstance(entry, dict) or entry.get("Effect") not in ("Allow", "Deny"):
        raise PolicyInvalid("a statement must have the Effect Allow or Deny")
    if unknown := sorted(str(name) for name in entry.keys() - _MEMBERS):
        raise PolicyInvalid(f"the local stack doesn't evaluate {', '.join(unknown)} of a statement")
    actions, resources = _texts(entry, "Action"), _texts(entry, "Resource")
    for resource in resources:
        if len(resource) > _MAX_RESOURCE:
            raise PolicyInvalid(f"a Resource has {len(resource)} characters, more than {_MAX_RESOURCE}")
        if "${" in re.sub(r"\$\{[*?$]\}", "", resource):
            raise PolicyInvalid("the local stack knows no policy variables")
    if not any(matches(action.lower(), _ACTION.lower()) for action in actions):
        return None
    return Statement(entry["Effect"] == "Allow", resources)


def _texts(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    value = entry.get(name)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise PolicyInvalid(f"{name} of a statement must be text or a list of it")
    return tuple(texts)
