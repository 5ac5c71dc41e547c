"""The deployments of samconfig.toml."""

import tomllib
from typing import Any

from tests.support import ROOT

_FILE: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))

NAMES = tuple(name for name, section in _FILE.items() if isinstance(section, dict))


# Every option on, so that everything is there that can be.
EVERYTHING = {
    "AlarmEmail": "oncall@example.com",
    "Alarms": "true",
    "AccountConcurrency": "100",
    "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    "CreateMailIdentity": "true",
    "DomainName": "auth.example.com",
    "Edge": "cloudfront",
    "EdgeSecretSha256": "0" * 64,
    "HostedZoneId": "Z111111QQQQQQQ",
    "Issuer": "https://auth.example.com",
    "OtherConcurrency": "10",
    "SnapStart": "true",
}


def stack_name(name: str) -> str:
    """Return what the stack of this deployment is called."""
    return str(_FILE[name]["global"]["parameters"]["stack_name"])


def parameters(name: str) -> dict[str, str]:
    """Return the parameters that this deployment gives the template."""
    overrides = _FILE[name]["global"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)
