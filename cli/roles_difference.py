"""What a file of roles would change, for people to read before they say yes."""

from collections.abc import Iterator, Mapping

import click

from cli.output import printable
from gatepost.access.roles import Role
from gatepost.administration.roles import Difference

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def lines(before: Mapping[str, Role], after: Mapping[str, Role], changes: Difference) -> Iterator[str]:
    """Yield a line a change: `+` for what comes, `-` for what goes, `~` for a role that stays under its name."""
    for name in changes.created:
        yield _line("+", name)
        yield from _members(Role(name), after[name])
    for name in changes.updated:
        yield _line("~", name)
        yield from _members(before[name], after[name])
    for name in changes.deleted:
        yield _line("-", name)


def _members(was: Role, becomes: Role) -> Iterator[str]:
    if was.description != becomes.description:
        if was.description:
            yield _line("-", f'description "{was.description}"', indent=4)
        if becomes.description:
            yield _line("+", f'description "{becomes.description}"', indent=4)
    for what, old, new in (("", was.permissions, becomes.permissions), ("includes ", was.includes, becomes.includes)):
        yield from (_line("-", what + gone, indent=4) for gone in sorted(set(old) - set(new)))
        yield from (_line("+", what + come, indent=4) for come in sorted(set(new) - set(old)))


def _line(sign: str, text: str, indent: int = 0) -> str:
    return click.style(f"{'':{indent}}{sign} {printable(text)}", fg=_COLOURS[sign])
