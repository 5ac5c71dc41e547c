"""The metrics that were written into the log, in CloudWatch's embedded metric format."""

import json

import pytest


def counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the names of the metrics that were counted up since the last look, in their order."""
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    names = []
    for document in documents:
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        ((metric,), namespace) = directive["Metrics"], directive["Namespace"]
        assert namespace == "Gatepost"
        assert (metric["Unit"], document[metric["Name"]]) == ("Count", [1.0])
        names.append(metric["Name"])
    return names
