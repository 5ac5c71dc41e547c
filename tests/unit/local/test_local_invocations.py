"""One function calls another: the other's handler answers, as Lambda would."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from local.aws import embedded_aws
from local.invocations import make_invocable


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with embedded_aws():
        yield


def invoke(name: str, event: Any) -> Any:
    return boto3.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())


def test_what_the_handler_answers_is_the_payload() -> None:
    make_invocable("double", lambda event: {"sum": event["number"] * 2})
    answer = invoke("double", {"number": 21})
    assert (answer["StatusCode"], json.load(answer["Payload"])) == (200, {"sum": 42})
    assert "FunctionError" not in answer


def test_what_the_handler_raises_is_an_error_of_the_function() -> None:
    make_invocable("broken", lambda event: event["missing"])
    answer = invoke("broken", {})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"]) == {"errorMessage": "'missing'", "errorType": "KeyError"}


def test_of_several_with_one_name_the_last_answers_until_it_ends() -> None:
    make_invocable("stack", lambda event: "first")
    end = make_invocable("stack", lambda event: "second")
    assert json.load(invoke("stack", {})["Payload"]) == "second"
    end()
    assert json.load(invoke("stack", {})["Payload"]) == "first"


def test_there_are_no_others_and_none_outlives_its_aws() -> None:
    make_invocable("gone", lambda event: event)
    with embedded_aws():
        pass
    client = boto3.client("lambda")
    for name in ("gone", "unheard-of"):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            invoke(name, {})


def test_a_handler_may_call_aws_from_other_threads() -> None:
    """The embedded AWS lets in one call at a time: an invocation must not be one of them."""

    def identify(_: Any) -> Any:
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(lambda: boto3.client("sts").get_caller_identity()["Account"]).result(10)

    make_invocable("identify", identify)
    assert json.load(invoke("identify", {})["Payload"]) == "123456789012"


@pytest.mark.parametrize("prefix", ["", "arn:aws:lambda:eu-west-1:123456789012:function:"])
@pytest.mark.parametrize("called", ["double", "double:live", "double:7"])
def test_a_function_is_called_by_its_alias_or_its_arn_too(prefix: str, called: str) -> None:
    make_invocable("double", lambda event: event * 2)
    assert json.load(invoke(prefix + called, 21)["Payload"]) == 42
