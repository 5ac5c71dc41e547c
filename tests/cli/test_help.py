"""What `gatepost` says of itself: each command teaches by example, and each way to fail has its exit code."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from cli.app import gatepost
from cli.commanding import Command, Group

_CONTEXT = click.Context(gatepost, info_name="gatepost")


def _walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(_CONTEXT):
            below = command.get_command(_CONTEXT, name)
            assert below is not None
            yield from _walk(below, (*path, name))


COMMANDS = dict(_walk(gatepost))


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(gatepost, arguments, prog_name="gatepost", env={"GATEPOST_STACK": "", "GATEPOST_LOCAL": ""})


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_shows_an_example_of_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert isinstance(command, Command | Group)
    assert command.examples
    for example in command.examples:
        words = example.split()
        assert "gatepost" in words
        assert all(word in words for word in path), example
    shown = _run(*path, "-h").output
    assert all(example in shown for example in command.examples)
    assert shown == _run(*path, "--help").output


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    shown = " ".join(_run("--help").output.split())
    for name, command in ((path[0], command) for path, command in COMMANDS.items() if len(path) == 1):
        assert f"{name} {(command.help or '').splitlines()[0]}" in shown


@pytest.mark.parametrize("code", ["0 done", "1 something", "2 the command", "3 the deployment", "70 a bug"])
def test_the_help_documents_the_exit_codes(code: str) -> None:
    assert code in " ".join(_run("--help").output.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "No such command 'nothing'"),
        (("roles", "nothing"), "No such command 'nothing'"),
        (("roles", "export"), "--stack NAME"),
        (("--stack", "a", "--local", "http://localhost:3000", "roles", "export"), "Name one deployment"),
        (("--local", "https://auth.example.com", "roles", "export"), "on this machine"),
        (("--local", "http://localhost:80@example.com", "roles", "export"), "on this machine"),
    ],
)
def test_what_can_not_be_understood_is_2(arguments: tuple[str, ...], said: str) -> None:
    result = _run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not result.stdout


def test_where_no_local_stack_answers_it_is_3() -> None:
    result = _run("--local", "http://localhost:9", "roles", "export")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "make run" in result.stderr
