"""The first administrator: invited by the deployment, once, at the address it names and with no default (I-23)."""

from collections.abc import Iterator

import pytest
from time_machine import Traveller

from gatepost.access.roles import ADMIN
from local.aws import embedded_aws
from local.custom_resources import create_custom_resource
from local.errors import StackError
from local.model import CustomResource
from local.stack import Stack
from local.template import read_template
from tests.integration.accounts import INVALID_TOKEN, new_user, outcome
from tests.integration.administrators import Staff
from tests.support import ISSUER, PARAMETERS, PASSWORD, ROOT, Api, new_email

FIRST = PARAMETERS["FirstAdminEmail"]
WEEK = 7 * 86_400


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A deployment of its own."""
    with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS) as service:
        yield service


def deploy(stack: Stack, email: str = FIRST) -> None:
    """Deploy once more, with this parameter."""
    (resource,) = (each for each in stack.template.custom_resources if each.logical_id == "FirstAdministrator")
    with_email = CustomResource(**{**vars(resource), "properties": {**resource.properties, "Email": email}})
    create_custom_resource(with_email, stack.functions[resource.function], stack.template.stack_id)


def accept(api: Api, token: str) -> tuple[int, str]:
    return outcome(api.post("/accept-invitation", {"token": token, "password": PASSWORD}))


def test_i23_a_deployment_invites_the_address_it_names_and_who_accepts_administers_it(stack: Stack, api: Api) -> None:
    (mail,) = stack.mails()
    assert (mail.to, mail.subject) == (FIRST, "You are invited to Gatepost")
    body = {"token": api.mailed_token(FIRST), "password": PASSWORD, "audience": ISSUER}
    signed_in = api.post("/accept-invitation", body).json()
    assert (signed_in["user"]["roles"], signed_in["user"]["permissions"]) == ([ADMIN], ["*"])
    first = Staff(api, FIRST, PASSWORD, signed_in)
    assert [user["id"] for user in first.admin("GET", f"/users?email={FIRST}").json()["items"]] == [first.id]
    assert outcome(first.admin("DELETE", f"/users/{first.id}")) == (409, "last_administrator")


def test_i23_there_is_no_default() -> None:
    with pytest.raises(StackError, match="FirstAdminEmail"):
        read_template(ROOT / "template.yaml", "s", {name: PARAMETERS[name] for name in PARAMETERS if name != "FirstAdminEmail"})


def test_i23_deploying_again_never_makes_a_second_one(stack: Stack, api: Api) -> None:
    token = api.mailed_token(FIRST)
    deploy(stack)
    assert len(stack.mails()) == 1
    assert accept(api, token) == (200, "")
    other = new_email()
    for email in (FIRST, other):
        deploy(stack, email)
    assert len(stack.mails()) == 1
    assert accept(api, token) == INVALID_TOKEN


def test_i23_until_one_accepts_a_mistyped_address_is_mended_by_deploying_again(stack: Stack, api: Api) -> None:
    wrong, right = api.mailed_token(FIRST), new_email()
    deploy(stack, right)
    assert accept(api, wrong) == INVALID_TOKEN
    assert accept(api, api.mailed_token(right)) == (200, "")


def test_i23_an_invitation_that_has_expired_is_made_anew(stack: Stack, api: Api, clock: Traveller) -> None:
    old = api.mailed_token(FIRST)
    clock.shift(2 * WEEK)
    assert accept(api, old) == INVALID_TOKEN
    deploy(stack)
    assert accept(api, api.mailed_token(FIRST)) == (200, "")


def test_i23_who_has_an_account_is_not_made_an_administrator(stack: Stack, api: Api) -> None:
    user = new_user(stack)
    with pytest.raises(StackError, match="EmailTaken"):
        deploy(stack, user.email)
    assert api.me(user.access_token).json()["roles"] == ["user"]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@example.com"])
def test_what_is_no_address_stops_the_deployment(stack: Stack, email: str) -> None:
    with pytest.raises(StackError, match="could not be invited"):
        deploy(stack, email)
