"""A function whose environment is not what it needs stops at its cold start, and says which variable it is (R-35, J-14)."""

import pytest

from gatepost.config import (
    AccountSettings,
    AdminSettings,
    EventsSettings,
    FeedbackSettings,
    KeysSettings,
    MailerSettings,
    Settings,
)
from gatepost.errors import ConfigurationError
from local.functions import LambdaFunction
from local.stack import Stack
from tests.calls import recorded

SETTINGS: dict[str, type[Settings]] = {
    "AccountFunction": AccountSettings,
    "AdminFunction": AdminSettings,
    "MailerFunction": MailerSettings,
    "FeedbackFunction": FeedbackSettings,
    "EventsFunction": EventsSettings,
    "KeysFunction": KeysSettings,
}


def variables(function: str, *, required: bool = False) -> list[str]:
    """The variables that a function reads; those it can't do without alone, if `required`."""
    fields = SETTINGS[function].model_fields.values()
    return [str(field.alias) for field in fields if field.is_required() or not required]


CASES = [(function, variable) for function in SETTINGS for variable in variables(function, required=True)]


@pytest.mark.parametrize(("function", "variable"), CASES)
def test_r35_a_function_without_a_variable_it_needs_does_not_start(stack: Stack, function: str, variable: str) -> None:
    with recorded() as calls, pytest.raises(ConfigurationError, match=f"can't start. {variable} is missing"):
        LambdaFunction(stack.template.functions[function], {variable: ""})
    assert not calls


def test_j14_the_service_does_not_start_without_an_audience(stack: Stack) -> None:
    with pytest.raises(ConfigurationError, match="GATEPOST_AUDIENCE is missing"):
        LambdaFunction(stack.template.functions["AccountFunction"], {"GATEPOST_AUDIENCE": ""})


@pytest.mark.parametrize("function", SETTINGS)
def test_r35_a_cold_start_calls_nothing(stack: Stack, function: str) -> None:
    """What a start needs is its environment alone; the first request finds clients that are made."""
    with recorded() as calls:
        LambdaFunction(stack.template.functions[function])
    assert not calls


@pytest.mark.parametrize("function", SETTINGS)
def test_r35_every_variable_of_the_template_is_one_that_the_function_reads(stack: Stack, function: str) -> None:
    """A variable that is misspelt in the template would be missing, or silently have its default."""
    given = {name for name in stack.template.functions[function].environment if name.startswith("GATEPOST_")}
    assert set(variables(function, required=True)) <= given
    assert given <= set(variables(function))
