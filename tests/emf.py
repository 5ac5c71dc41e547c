"""The metrics that were counted: by a rule that a test calls itself, or in the log of a function (embedded metric format)."""

from collections.abc import Callable
from typing import Any

Counted = Callable[[], list[str]]
"""Returns the names of the metrics that were counted up since the last look, in their order."""


def counted_up(document: Any) -> list[str]:
    """Return the names of what a line of a log counts up, each as often as it does."""
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Gatepost", [["deployment"]])
    assert document["deployment"]
    assert document["request_id"]
    assert {metric["Unit"] for metric in directive["Metrics"]} == {"Count"}
    return [metric["Name"] for metric in directive["Metrics"] for _ in range(document[metric["Name"]])]
