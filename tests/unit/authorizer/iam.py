"""IAM's evaluation of a policy, written from its documentation alone: the referee between the authorizer and its rules.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: an explicit Deny wins, what nothing
allows is denied. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html: `*` is any text
and `?` one character, slashes and colons too, and case matters.
"""

import re
from dataclasses import dataclass
from typing import Any

PREFIX = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/"


def arn(method: str, path: str, prefix: str = PREFIX) -> str:
    """The ARN of a call; `$connect` has no method."""
    return prefix + (path if path == "$connect" else method + path)


@dataclass(frozen=True)
class Policy:
    """A policy document, having passed A-08: nothing in it but what an authorizer may answer."""

    allows: re.Pattern[str]
    denies: re.Pattern[str]

    def allowed(self, name: str) -> bool:
        """Whether the gateway lets the call of this ARN pass."""
        return bool(self.allows.fullmatch(name)) and not self.denies.fullmatch(name)


def read(document: Any) -> Policy:
    """The policy of `document`. Fails for one that API Gateway wouldn't take."""
    assert document.keys() == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    assert document["Statement"]
    resources: dict[str, list[str]] = {"Allow": [], "Deny": []}
    for statement in document["Statement"]:
        assert statement.keys() == {"Action", "Effect", "Resource"}
        assert statement["Action"] == "execute-api:Invoke"
        assert statement["Resource"]
        for resource in statement["Resource"]:
            assert re.match(r"arn:aws(-cn|-us-gov)?:execute-api:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+/", resource)
            assert len(resource) <= 512
            assert "${" not in resource
            assert resource.isprintable()
        resources[statement["Effect"]] += statement["Resource"]
    return Policy(_any_of(resources["Allow"]), _any_of(resources["Deny"]))


def _any_of(resources: list[str]) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    patterns = ("".join(wildcards.get(letter) or re.escape(letter) for letter in resource) for resource in resources)
    return re.compile("|".join(patterns) if resources else r"(?!)", re.DOTALL)
