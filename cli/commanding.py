"""Commands that teach: each has examples, `-h`, and takes the options of `gatepost` wherever they are written."""

from collections.abc import Sequence
from typing import Any

import click

from cli.run import Run


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(Run), str(param.name), value)


def _shared_options(*, hidden: bool) -> list[click.Parameter]:
    """Return the options of `gatepost`, which go into the `Run`; the help of a command doesn't repeat them."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden}
    return [
        click.Option(["--stack"], metavar="NAME", help="the stack in AWS [default: $GATEPOST_STACK]", **shared),
        click.Option(
            ["--local"],
            metavar="URL",
            help="a running `make run`, by its address [default: $GATEPOST_LOCAL]",
            **shared,
        ),
        click.Option(["--json"], is_flag=True, help="print JSON to stdout; what is for people goes to stderr", **shared),
        click.Option(["--debug"], is_flag=True, help="show where an unexpected failure comes from", **shared),
    ]


class _Taught(click.Command):
    """A command whose help ends with `examples`, each a line for the shell."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.examples = examples
        self.params += _shared_options(hidden=self.name != "gatepost")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, one a line, before what else stands at the end."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        super().format_epilog(ctx, formatter)


class Command(_Taught):
    """A command. Give it `examples` where it's declared: `@roles.command(examples=("gatepost roles export",))`."""


class Group(_Taught, click.Group):
    """A group of commands."""

    command_class = Command
    group_class = type
