"""The Roles table: the catalogue of all roles is one item, compiled, and its version another, small enough to be read at
every sign-in. Both are written together on condition of the version before, so that of two changes at once one is refused.
"""

from dataclasses import asdict

from gatepost.access.roles import EMPTY, Catalogue, Further, Role
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, Write, check, put

_OF_ROLE = {"name", "description", "permissions", "includes", "effective", "changed"}
_ABSENT, _PREVIOUS = "attribute_not_exists(pk)", "version = :previous"


def version_of(item: Item | None) -> int:
    """Return the version that `item`, read at `keys.role_catalogue_version`, holds."""
    return 0 if item is None else int(item["version"])


def read(db: Database, table: str) -> Catalogue:
    """Return the catalogue; an empty one before the first role was made. Raises `Unavailable`."""
    item = db.get(table, keys.role_catalogue())
    if item is None:
        return EMPTY
    return Catalogue(
        version=int(item["version"]),
        roles={
            entry["name"]: Role(entry["name"], entry["description"], tuple(entry["permissions"]), tuple(entry["includes"]))
            for entry in item["roles"]
        },
        effective={entry["name"]: tuple(entry["effective"]) for entry in item["roles"]},
        changed={entry["name"]: int(entry["changed"]) for entry in item["roles"]},
        further=Further(
            {name: value for name, value in item.items() if name not in {"pk", "sk", "version", "roles"}},
            {entry["name"]: {name: value for name, value in entry.items() if name not in _OF_ROLE} for entry in item["roles"]},
        ),
    )


def write(table: str, catalogue: Catalogue) -> tuple[Write, Write]:
    """Write `catalogue`, provided that what stands there is the one of the version before."""
    roles = [
        {**catalogue.further.roles.get(name, {}), **asdict(role)}
        | {
            "permissions": list(role.permissions),
            "includes": list(role.includes),
            "effective": list(catalogue.effective[name]),
            "changed": catalogue.changed[name],
        }
        for name, role in catalogue.roles.items()
    ]
    items: tuple[Item, Item] = (
        {**catalogue.further.catalogue, **keys.role_catalogue(), "version": catalogue.version, "roles": roles},
        {**keys.role_catalogue_version(), "version": catalogue.version},
    )
    if catalogue.version == 1:
        return put(table, items[0], _ABSENT), put(table, items[1], _ABSENT)
    previous = catalogue.version - 1
    return put(table, items[0], _PREVIOUS, previous=previous), put(table, items[1], _PREVIOUS, previous=previous)


def demand_unchanged(table: str, catalogue: Catalogue) -> Write:
    """Demand that no role has changed since `catalogue` was read."""
    if catalogue.version == 0:
        return check(table, keys.role_catalogue_version(), _ABSENT)
    return check(table, keys.role_catalogue_version(), "version = :version", version=catalogue.version)
