"""Handlers after their cold start."""

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from local.errors import StackError
from local.functions import LambdaFunction
from local.model import Function

CODE = """
import os
SEEN = dict(os.environ)
CALLS = []
def handler(event, context):
    CALLS.append(event)
    return event["answer"] if "answer" in event else {name: getattr(context, name) for name in event["ask"]}
def remaining(event, context):
    return context.get_remaining_time_in_millis()
def mutate(event, context):
    event["a"].append(1)
    return event
"""


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Function:
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / "functions_of_test" / "one"
    folder.mkdir(parents=True)
    (folder / "app.py").write_text(CODE)
    return Function("One", "stack-One", "functions_of_test.one.app.handler", folder, (), {"COLOUR": "red"}, 5, 256)


def test_a_function_sees_its_own_environment_and_no_other(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DEVELOPER", "x")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    seen = LambdaFunction(function, {"EXTRA": "1"}).module.SEEN
    assert (seen["COLOUR"], seen["EXTRA"], seen["AWS_REGION"]) == ("red", "1", "eu-west-1")
    assert (seen["AWS_LAMBDA_FUNCTION_NAME"], seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) == ("stack-One", "256")
    assert "SECRET_OF_THE_DEVELOPER" not in seen
    assert "COLOUR" not in os.environ
    assert os.environ["SECRET_OF_THE_DEVELOPER"] == "x"


def test_every_stack_is_a_cold_start(function: Function) -> None:
    red = LambdaFunction(function)
    blue = LambdaFunction(dataclasses.replace(function, environment={"COLOUR": "blue"}))
    assert (red.module.SEEN["COLOUR"], blue.module.SEEN["COLOUR"]) == ("red", "blue")
    red.invoke({"answer": 1})
    assert (red.module.CALLS, blue.module.CALLS) == ([{"answer": 1}], [])


def test_two_functions_may_have_an_app_py_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    functions = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop_app.py").write_text(f"def handler(event, context): return {name!r}")
        functions.append(LambdaFunction(Function(name, name, "shop_app.handler", tmp_path / name, (), {}, 3, 128)))
    assert [function.invoke({}) for function in functions] == ["one", "two"]


def test_the_context_is_lambdas(function: Function) -> None:
    names = ["function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id", "function_version"]
    lambda_function = LambdaFunction(function)
    first, second = lambda_function.invoke({"ask": names}), lambda_function.invoke({"ask": names})
    assert first["aws_request_id"] != second["aws_request_id"]
    assert (first["function_name"], first["memory_limit_in_mb"], first["function_version"]) == ("stack-One", "256", "$LATEST")
    assert first["invoked_function_arn"] == "arn:aws:lambda:eu-west-1:123456789012:function:stack-One"


def test_the_remaining_time_starts_at_the_timeout(function: Function) -> None:
    handler = function.handler.replace("handler", "remaining")
    assert 4000 < LambdaFunction(dataclasses.replace(function, handler=handler)).invoke({}) <= 5000


def test_events_and_answers_travel_as_json(function: Function) -> None:
    lambda_function = LambdaFunction(function)
    assert lambda_function.invoke({"answer": {"a": (1, 2), 3: "x"}}) == {"a": [1, 2], "3": "x"}
    with pytest.raises(TypeError, match="not JSON serializable"):
        lambda_function.invoke({"answer": b"bytes"})
    event: dict[str, Any] = {"a": []}
    mutate = LambdaFunction(dataclasses.replace(function, handler=function.handler.replace("handler", "mutate")))
    assert mutate.invoke(event) == {"a": [1]}
    assert event == {"a": []}


def test_a_handler_that_is_not_there_is_told(function: Function) -> None:
    with pytest.raises(StackError, match=r"One: its handler nowhere.app.handler has no file nowhere/app.py"):
        LambdaFunction(dataclasses.replace(function, handler="nowhere.app.handler"))


@pytest.mark.parametrize("code", ["raise RuntimeError('no settings')", "x = 1", "import no_such_module"])
def test_what_a_cold_start_raises_names_the_function(function: Function, code: str) -> None:
    (function.code / "app.py").write_text(code)
    with pytest.raises((RuntimeError, AttributeError, ImportError)) as failure:
        LambdaFunction(function)
    assert failure.value.__notes__ == ["This happened at the cold start of One (functions_of_test.one.app.handler)."]
    assert "COLOUR" not in os.environ
