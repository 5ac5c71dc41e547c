"""The administrator that a local stack begins with."""

from functools import partial

import pytest

from gatepost.aws.clients import client
from gatepost.storage import keys
from gatepost.storage.table import Database
from local.administrator import ADMINISTRATOR, PASSWORD_VARIABLE
from local.aws import embedded_aws
from local.seed import administrator_password, ensure_administrator
from local.stack import Stack
from tests.integration.accounts import outcome
from tests.support import ISSUER, PARAMETERS, PASSWORD, ROOT, Api


def test_every_start_makes_a_password_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    assert administrator_password() != administrator_password()
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert administrator_password() == PASSWORD


def test_a_stack_that_begins_with_an_administrator_invites_nobody() -> None:
    seed = partial(ensure_administrator, password=PASSWORD)
    with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS, prepare=seed) as service:
        assert service.mails() == []
        assert Api(service).login(ADMINISTRATOR).status == 200


def test_the_local_administrator_may_do_everything_and_is_in_the_set_of_administrators(stack: Stack) -> None:
    """Also where the tables have outlived the process that made them: it has the password of the newest then."""
    first, second = "the password of one start", "the password of another"
    for password in (first, second):
        ensure_administrator(stack, password)
    api = Api(stack)
    assert outcome(api.login(ADMINISTRATOR, first)) == (401, "invalid_credentials")
    signed_in = api.login(ADMINISTRATOR, second, audience=ISSUER).json()
    assert signed_in["user"]["permissions"] == ["*"]
    assert api.call("GET", "/v1/admin/roles", token=signed_in["access_token"]).status == 200
    item = Database(client("dynamodb")).get(api.table_name("UsersTable"), keys.administrators())
    assert item is not None
    assert item["ids"] == {signed_in["user"]["id"]}
