"""The administrator that a local stack begins with."""

import pytest

from gatepost.aws.clients import client
from gatepost.storage import keys
from gatepost.storage.table import Database
from local.administrator import ADMINISTRATOR, PASSWORD_VARIABLE
from local.seed import ensure_administrator
from local.stack import Stack
from tests.integration.accounts import outcome
from tests.support import ISSUER, Api


def test_the_local_administrator_may_do_everything_and_is_in_the_set_of_administrators(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the tables have outlived the process that made them: it has the password of the newest then."""
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    first, second = ensure_administrator(stack), ensure_administrator(stack)
    api = Api(stack)
    assert outcome(api.login(ADMINISTRATOR, first)) == (401, "invalid_credentials")
    signed_in = api.login(ADMINISTRATOR, second, audience=ISSUER).json()
    assert signed_in["user"]["permissions"] == ["*"]
    assert api.call("GET", "/v1/admin/roles", token=signed_in["access_token"]).status == 200
    item = Database(client("dynamodb")).get(api.table_name("UsersTable"), keys.administrators())
    assert item is not None
    assert item["ids"] == {signed_in["user"]["id"]}
