"""Whether the roles permit what they say."""

from dataclasses import dataclass
from typing import Any

from cli.diagnosis.findings import Check, Verdict, ok, problem
from cli.diagnosis.sight import Sight
from cli.failures import of_rule
from gatepost.access.roles import Catalogue, with_all
from gatepost.errors import GatepostError
from gatepost.storage import keys
from gatepost.storage import roles as role_items


def _catalogue(sight: Sight) -> Catalogue:
    table = sight.needed("ROLES_TABLE")
    return sight.read(lambda db: role_items.read(db, table))


def _compiles(facts: Catalogue) -> Verdict:
    try:
        compiled = with_all(facts, facts.roles).effective
    except GatepostError as exc:
        return problem(f"The catalogue doesn't compile: {of_rule(exc)}")
    if differing := sorted(name for name in {*compiled, *facts.effective} if compiled.get(name) != facts.effective.get(name)):
        return problem(f"{', '.join(differing)} permit something else than what they and what they include say.")
    return ok(f"{len(facts.roles)} roles permit what they say.")


@dataclass(frozen=True)
class Versions:
    """The version of the catalogue, and the one that every sign-in reads; 0 where there's none."""

    catalogue: int
    read: int


def _versions(sight: Sight) -> Versions:
    table = sight.needed("ROLES_TABLE")

    def read(db: Any) -> Versions:
        catalogue, version = db.get_many((table, keys.role_catalogue()), (table, keys.role_catalogue_version()))
        return Versions(role_items.version_of(catalogue), role_items.version_of(version))

    return sight.read(read)


def _agree(facts: Versions) -> Verdict:
    if facts.catalogue != facts.read:
        return problem(f"The catalogue is of version {facts.catalogue}, but sign-ins read {facts.read}: they miss its changes.")
    return ok(f"Version {facts.catalogue}.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "roles.compiled",
        "Does the catalogue compile to what its roles are said to permit?",
        "Something else than Gatepost has written the table. Look through what is there, `gatepost roles export roles.yaml`; "
        "put the catalogue back from a time before, as for `roles.version`.",
        _catalogue,
        _compiles,
    ),
    Check(
        "roles.version",
        "Do the catalogue and the item that sign-ins read agree on its version?",
        "Something else than Gatepost has written the table, or a restore was half a change: `gatepost --stack {stack} restore "
        "mend` makes both agree. To put it back to a time before: `gatepost --stack {stack} restore beside roles --at TIME`, "
        "then `gatepost --stack {stack} restore copy roles --from NAME --exactly`.",
        _versions,
        _agree,
    ),
)
