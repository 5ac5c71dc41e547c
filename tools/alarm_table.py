"""Writes the table of alarms in docs/metrics.md anew from template.yaml; a test holds that they are equal."""

from pathlib import Path
from typing import Any

from local.intrinsics import load_yaml

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/metrics.md"
_HEAD = "| alarm | is raised when | because | runbook |\n| --- | --- | --- | --- |\n"
_SPANS = {60: "a minute", 300: "five minutes", 3600: "an hour"}


def table() -> str:
    """Return the table: the alarms in the order of the template."""
    template = load_yaml(ROOT / "template.yaml")
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    alarms = {name: each for name, each in template["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    return _HEAD + "".join(_row(name, alarm["Properties"], defaults) for name, alarm in alarms.items())


def _row(name: str, alarm: dict[str, Any], defaults: dict[str, Any]) -> str:
    why, _, runbook = alarm["AlarmDescription"].rpartition(" docs/")
    return f"| `{name}` | {_condition(alarm, defaults)} | {why} | [{Path(runbook).stem}]({runbook}) |\n"


def _condition(alarm: dict[str, Any], defaults: dict[str, Any]) -> str:
    threshold = alarm["Threshold"]
    least = f"`{threshold['Ref']}` ({defaults[threshold['Ref']]})" if isinstance(threshold, dict) else f"{threshold:,}"
    span, periods = _SPANS[alarm["Period"]], alarm["EvaluationPeriods"]
    lasts = f"in {span}" if periods == 1 else f"{periods} times on end in {span}"
    statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"].lower()
    silence = "" if alarm["TreatMissingData"] == "notBreaching" else "; it tells, too, when the metric falls silent"
    return f"{statistic} of `{alarm['MetricName']}` ≥ {least} {lasts}{silence}"


def with_table(page: str) -> str:
    """Return `page` with the table as it should be."""
    before, _, rest = page.partition(_HEAD)
    _, blank, after = rest.partition("\n\n")
    return before + table() + blank[1:] + after


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE} has {table().count(chr(10)) - 2} alarms.")
