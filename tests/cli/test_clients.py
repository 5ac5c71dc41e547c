"""`gatepost clients`: what the admin API does with clients, by an operator."""

import re
from typing import Any

import pytest

from gatepost.audit import Event
from gatepost.clients import client_secrets
from gatepost.storage import clients as client_items
from tests.cli.support import Operator
from tests.support import Api

_SECRET = re.compile(r"\b[A-Za-z0-9_-]{44}\b")
WEB = ("clients", "create", "Web shop", "--type", "confidential", "--redirect-uri", "https://shop.example.com/callback")


def works(operator: Operator, client_id: str, secret: str) -> bool:
    (item,) = [item for item in Api(operator.stack).table("ClientsTable") if item["id"] == client_id]
    client = client_items.of(item)
    return client_secrets.matches(client.secrets, secret, client.created_at)


def test_a_client_lives_from_its_creation_to_its_deletion(operator: Operator) -> None:
    made = operator.json(*WEB, "--scope", "openid", "--scope", "orders:read", "--scope", "openid")
    client_id, secret = made["client_id"], made.pop("client_secret")
    assert works(operator, client_id, secret)
    assert made["scopes"] == ["openid", "orders:read"]
    assert made["grant_types"] == ["authorization_code", "refresh_token"]
    assert operator.json("clients", "show", client_id) == made
    assert made in operator.json("clients", "list")

    rotated = operator.json("clients", "rotate-secret", client_id)
    assert rotated["client_secret"] != secret
    assert works(operator, client_id, secret)
    assert works(operator, client_id, rotated["client_secret"])
    assert [bool(each["expires_at"]) for each in rotated["secrets"]] == [True, False]

    assert operator.json("clients", "delete", client_id, "--yes") == {"deleted": client_id}
    assert operator.refusal("clients", "show", client_id) == "There is no such client."
    left = operator.events(Event.CLIENT_CREATED, Event.CLIENT_SECRET_ROTATED, Event.CLIENT_DELETED)
    assert [event["event"] for event in left if event["client_id"] == client_id] == [
        Event.CLIENT_CREATED,
        Event.CLIENT_SECRET_ROTATED,
        Event.CLIENT_DELETED,
    ]


def test_a_secret_is_printed_once_and_on_stdout_alone(operator: Operator) -> None:
    made = operator.run(*WEB)
    (secret,) = _SECRET.findall(made.stdout)
    assert "Keep the secret now" in made.stderr
    assert secret not in made.stderr
    client_id = re.findall(r"client_id +([0-9a-f]{32})", made.stdout)[0]
    later = [operator.run("clients", command, *ids).output for command, ids in (("list", ()), ("show", (client_id,)))]
    assert not any(_SECRET.search(output) for output in later)
    assert secret not in str(Api(operator.stack).table("AuditTable"))


def test_a_public_client_has_no_secret(operator: Operator) -> None:
    made = operator.json("clients", "create", "Phone", "--type", "public", "--redirect-uri", "com.example.app:/callback")
    assert (made["client_secret"], made["secrets"]) == (None, [])
    assert operator.refusal("clients", "rotate-secret", made["client_id"]) == "A public client has no secret."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Web", "--type", "confidential"), "redirect_uris must have one at least"),
        ((*WEB[2:5], "--redirect-uri", "http://shop.example.com"), "redirect_uris item 1: must use https"),
        ((*WEB[2:5], "--redirect-uri", "com.example.app:/callback"), "in public clients alone"),
        ((*WEB[2:], "--scope", "a b"), "scopes item 1: "),
        (("", *WEB[3:]), "name: "),
        ((" Web", *WEB[3:]), "name: must not begin or end with a blank"),
        (("Bot", "--type", "public", "--grant-type", "client_credentials"), "confidential clients alone"),
    ],
)
def test_what_the_api_would_refuse_is_refused(operator: Operator, arguments: tuple[str, ...], said: str) -> None:
    assert said in operator.refusal("clients", "create", *arguments)


@pytest.mark.parametrize("command", ["show", "delete", "rotate-secret"])
@pytest.mark.parametrize("client_id", ["0" * 32, "web", "CLIENT#x"])
def test_a_client_that_is_not_there_is_1(operator: Operator, command: str, client_id: str) -> None:
    assert operator.refusal("clients", command, client_id) == "There is no such client."


def test_nothing_is_deleted_without_a_yes(operator: Operator) -> None:
    made: dict[str, Any] = operator.json(*WEB)
    asked = operator.run("clients", "delete", made["client_id"], typed="n\n", code=1)
    assert "Delete Web shop of the local stack" in asked.stderr
    operator.run("clients", "show", made["client_id"])


def test_the_list_has_all_clients_a_line_each(operator: Operator) -> None:
    for number in range(3):
        operator.run("clients", "create", f"Client {number}", *WEB[3:])
    lines = operator.run("clients", "list").stdout.splitlines()
    assert lines[0].split() == ["CLIENT", "ID", "TYPE", "NAME", "GRANT", "TYPES"]
    assert len(lines) == 1 + len(operator.json("clients", "list"))
