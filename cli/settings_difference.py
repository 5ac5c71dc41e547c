"""What a rollback changes of what functions are told: a version keeps the environment that it was published with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cli.output import printable

_GUARDS = frozenset(
    f"GATEPOST_{name}"
    for name in (
        "SESSIONS_NOT_BEFORE",
        "EDGE",
        "EDGE_SECRET_SHA256",
        "ISSUER",
        "AUDIENCE",
        "ALLOWED_AUDIENCES",
        "ALLOWED_ORIGINS",
        "USERS_TABLE",
        "ROLES_TABLE",
        "CLIENTS_TABLE",
        "SESSIONS_TABLE",
        "OUTBOX_TABLE",
        "AUDIT_TABLE",
        "KEYS_TABLE",
        "KMS_KEY_ID",
    )
)
"""Who is let in goes by these, and which data it is: an older value brings ended sessions to life, lets in whoever comes round
CloudFront, or works on tables that were replaced.
"""
_UNREAD = "DEPLOYED_SETTINGS"  # the name of a resource that makes a version differ from the one before
# All say that there's none, as does a variable that isn't there.
_NONE = frozenset({"", "0", "none"})


@dataclass(frozen=True)
class Change:
    """An environment variable, what it is now and was before ("" where there's none), and the functions that are told."""

    name: str
    now: str
    before: str
    functions: tuple[str, ...]

    @property
    def guards(self) -> bool:
        """Whether security rests on it."""
        return self.name in _GUARDS

    def __str__(self) -> str:
        """What people are told."""
        told = f"{self.name}: {self.now or '(none)'} -> {self.before or '(none)'} ({', '.join(self.functions)})"
        return printable(told)


def changes(environments: Iterable[tuple[str, Mapping[str, str], Mapping[str, str]]]) -> list[Change]:
    """Return what would change, by name. `environments` has for each function its logical id, what it's told now, and what it
    was told before.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for logical_id, now, before in environments:
        for name in (now.keys() | before.keys()) - {_UNREAD}:
            is_, was = _meaning(now, name), _meaning(before, name)
            if is_ != was:
                found.setdefault((name, is_, was), []).append(logical_id)
    return [Change(*change, tuple(functions)) for change, functions in sorted(found.items())]


def _meaning(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    return "" if value in _NONE else value
