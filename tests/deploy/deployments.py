"""The deployments of samconfig.toml."""

import tomllib
from typing import Any

from tests.support import ROOT

_FILE: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))

NAMES = tuple(name for name, section in _FILE.items() if isinstance(section, dict))


def stack_name(name: str) -> str:
    """Return what the stack of this deployment is called."""
    return str(_FILE[name]["global"]["parameters"]["stack_name"])


def parameters(name: str) -> dict[str, str]:
    """Return the parameters that this deployment gives the template."""
    overrides = _FILE[name]["global"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)
