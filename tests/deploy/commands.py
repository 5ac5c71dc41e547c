"""Whether a command could be run as it stands: by the models of AWS's API, SAM's own help, and the Makefile."""

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, Shape
from botocore.session import get_session

from tests.support import ROOT

# Options that every command of the AWS CLI takes. https://docs.aws.amazon.com/cli/latest/reference/
_GLOBAL = {"--query", "--output", "--region", "--profile", "--cli-binary-format", "--no-cli-pager"}
_WITHOUT_VALUE = {"--no-cli-pager", "--no-paginate", "--follow"}
# Services that the CLI calls otherwise.
_SERVICES = {"deploy": "codedeploy"}
# Commands of the CLI that are no operation of an API, and what they take.
_OF_THE_CLI = {
    ("configure",): {"--profile"},
    ("configure", "list"): {"--profile"},
    ("configure", "get"): {"--profile"},
    ("configure", "sso"): {"--profile"},
    ("sso", "login"): {"--profile"},
    ("cloudformation", "deploy"): {"--template-file", "--stack-name", "--capabilities", "--parameter-overrides"},
    ("cloudfront", "create-invalidation"): {"--distribution-id", "--paths"},
    ("logs", "tail"): {"--since", "--follow", "--format", "--filter-pattern"},
}

Words = Sequence[str]


def check_aws(words: Words) -> None:
    """Check a command of the AWS CLI, without the `aws`: service, operation, the names of its parameters, what they must be one
    of, and that all are there which the operation demands.
    """
    named = next((length for length in (2, 1) if tuple(words[:length]) in _OF_THE_CLI), 0)
    if named:
        assert {word for word in words if word.startswith("--")} <= _OF_THE_CLI[tuple(words[:named])] | _GLOBAL, words
        return
    service, operation, *rest = words
    if operation == "wait":
        operation, *rest = _waited_for(service, rest[0]), *rest[1:]
    model = _operation(service, operation)
    if model.has_streaming_output:
        # The name of the file that gets the answer.
        assert not rest.pop().startswith("--")
    members = model.input_shape.members if model.input_shape else {}
    options = {f"--{xform_name(name, '-')}": (name, shape) for name, shape in members.items()}
    given = _options(rest)
    for option, values in given.items():
        if option in _GLOBAL:
            continue
        # A switch has a second name, for off.
        known = option if option in options else option.replace("--no-", "--", 1)
        assert known in options, f"aws {service} {operation} has no {option}"
        _check_values(options[known][1], values, option)
    demanded = {f"--{xform_name(name, '-')}" for name in (model.input_shape.required_members if model.input_shape else ())}
    assert demanded <= given.keys(), f"aws {service} {operation} lacks {demanded - given.keys()}"
    for expression in given.get("--query", ()):
        jmespath.compile(expression)


def _check_values(shape: Shape, values: Words, option: str) -> None:
    """Check that a value is one of those that the model knows; what a file holds or a structure is, is not looked at."""
    allowed: Any = getattr(shape, "enum", None)
    member = getattr(shape, "member", None) if shape.type_name == "list" else None
    allowed = allowed or (getattr(member, "enum", None) if member else None)
    if shape.type_name == "boolean":
        assert not values or values == ["true"] or values == ["false"], option
        return
    assert values, f"{option} has no value"
    assert shape.type_name == "list" or len(values) == 1, f"{option} takes one value, not {values}"
    if allowed:
        assert set(values) <= set(allowed), f"{option} {values}"
    if shape.type_name in ("integer", "long"):
        assert all(value.lstrip("-").isdecimal() for value in values), option


def _options(words: Words) -> dict[str, list[str]]:
    """Return the values of each option."""
    found: dict[str, list[str]] = {}
    last = ""
    for word in words:
        if word.startswith("--"):
            last, equals, value = word.partition("=")
            found[last] = [value] if equals else []
        elif last:
            found[last].append(word)
        else:
            raise AssertionError(f"{word} is no option")
    return found


@cache
def _client(service: str) -> Any:
    try:
        return get_session().create_client(
            _SERVICES.get(service, service),
            region_name="eu-west-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )
    except UnknownServiceError as exc:
        raise AssertionError(f"AWS has no service {service}") from exc


def _operation(service: str, name: str) -> OperationModel:
    model = _client(service).meta.service_model
    names = {xform_name(operation, "-"): operation for operation in model.operation_names}
    assert name in names, f"aws {service} has no {name}"
    operation: OperationModel = model.operation_model(names[name])
    return operation


def _waited_for(service: str, name: str) -> str:
    """Return the operation that a waiter calls."""
    client = _client(service)
    waiter = name.replace("-", "_")
    assert waiter in client.waiter_names, f"aws {service} waits for no {name}"
    return xform_name(client.get_waiter(waiter).config.operation, "-")


@cache
def _sam_help(command: str) -> str:
    sam = ROOT / ".venv-sam/bin/sam"
    run = subprocess.run([sam, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, f"sam has no {command}"
    return run.stdout


def check_sam(words: Words) -> None:
    """Check a command of SAM, without the `sam`: that it's there, and the names of its options."""
    command, *rest = words
    described = _sam_help(command)
    for word in rest:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(word.partition('=')[0])}(?![\w-])", described), words


def check_make(words: Words) -> None:
    """Check a call of `make`, without the `make`: its targets and the variables that it sets."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in words:
        name, equals, _ = word.partition("=")
        if equals:
            assert f"$({name})" in makefile, f"the Makefile uses no {name}"
        else:
            assert re.search(rf"^{re.escape(name)}:.* ## ", makefile, re.MULTILINE), f"the Makefile has no target {name}"
