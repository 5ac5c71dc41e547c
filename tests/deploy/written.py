"""The templates as they are written, and which they are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.intrinsics import load_yaml
from tests.deploy import deployments
from tests.support import ROOT


def _is_deployed(path: Path) -> bool:
    """Whether it's neither in a folder that isn't kept, such as one of a build, nor what we are measured beside."""
    top = path.relative_to(ROOT).parts[0]
    return not top.startswith(".") and top != "benchmarks"


SERVICE = ROOT / "template.yaml"
BESIDE = [path for path in (*ROOT.glob("*/template.yaml"), *ROOT.glob("*/*/template.yaml")) if _is_deployed(path)]
PATHS = (SERVICE, *sorted(BESIDE))
"""The service first, then what stands beside it."""

DOCUMENTS: Mapping[Path, dict[str, Any]] = {path: load_yaml(path) for path in PATHS}


def name_of(path: Path) -> str:
    """Return a name for a template, for the list of tests."""
    return path.parent.name if path != SERVICE else "service"


def parameters(path: Path) -> dict[str, str]:
    """Return values for the parameters of a template that have no default; for the service, those of prod."""
    if path == SERVICE:
        return deployments.parameters("prod")
    return {name: "x" for name, parameter in DOCUMENTS[path].get("Parameters", {}).items() if "Default" not in parameter}


def referred_to(value: Any) -> Iterator[str]:
    """Yield the names of parameters and resources that intrinsic functions in `value` refer to, each as often as it is."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            match key, member:
                case "Ref", str():
                    yield member
                case "Fn::GetAtt", [str() as resource, _]:
                    yield resource
                case "Fn::Sub", (str() as text) | [str() as text, _]:
                    yield from _substituted(text)
            yield from referred_to(member)
    elif isinstance(value, list):
        for member in value:
            yield from referred_to(member)


def _substituted(text: str) -> Iterator[str]:
    for part in text.split("${")[1:]:
        name = part.partition("}")[0]
        if not name.startswith("!"):
            yield name.partition(".")[0]
