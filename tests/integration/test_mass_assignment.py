"""Nobody sets what is not theirs to set (I-09): a body with a member that its call doesn't take is refused whole."""

from typing import Any

import pytest

from gatepost.storage.writes import Item
from tests.calls import recorded
from tests.integration.administrators import administrator
from tests.integration.api_keys import ask_for_api_key
from tests.integration.tables import items
from tests.support import PASSWORD, Api, new_email, problem

FOREIGN: list[tuple[str, Any]] = [
    ("id", "0" * 32),
    ("user_id", "0" * 32),
    ("sub", "0" * 32),
    ("pk", "USER#0"),
    ("sk", "PROFILE"),
    ("roles", ["admin"]),
    ("roles", "admin"),
    ("role", "admin"),
    ("permissions", ["*"]),
    ("scope", "*"),
    ("email_verified", True),
    ("verified", True),
    ("status", "active"),
    ("is_admin", True),
    ("admin", 1),
    ("mfa", {"totp": False}),
    ("created_at", "2020-01-01T00:00:00Z"),
    ("created_at", 0),
    ("tenant", "other"),
    ("tenant_id", 1),
    ("password_hash", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA"),
    ("epoch", 0),
    ("version", 0),
    ("ordinal", 9),
    ("expires_at", 9_999_999_999),
    ("email_digest", "AAAA"),
    ("user", {"roles": ["admin"]}),
    ("profile", {"name": "x"}),
    ("name.first", "x"),
    ("Name", "x"),
    ("name ", "x"),
    ("roles[]", "admin"),
    ("user.roles", ["admin"]),
    ("__proto__", {"roles": ["admin"]}),
    ("constructor", {"prototype": {"roles": ["admin"]}}),
    ("__class__", "Admin"),
    ("model_config", {"extra": "allow"}),
    ("model_fields_set", ["roles"]),
    ("", "x"),
    ("ip", "192.0.2.1"),
]
IDS = [f"{name}={value}" for name, value in FOREIGN]


def refused(answer: Any, member: str) -> None:
    """Assert that it's a 422 that says where, and doesn't repeat the name of the member."""
    assert problem(answer) == (422, "invalid_request")
    assert answer.json()["errors"] == [{"field": "body", "message": "has a member that this call doesn't take"}]
    assert len(member) < 3 or f'"{member}"' not in answer.body.decode().replace('"status":422', "")


def stored(api: Api, user_id: str) -> list[Item]:
    """The user and the claim of the address, as they are in the table."""
    return items(api, "UsersTable", "id = :id OR user_id = :id", id=user_id)


@pytest.mark.parametrize(("member", "value"), FOREIGN, ids=IDS)
def test_i09_no_call_of_sign_up_and_sign_in_takes_a_foreign_member(api: Api, member: str, value: Any) -> None:
    email = new_email()
    bodies: dict[str, dict[str, Any]] = {
        "/register": {"email": email, "password": PASSWORD, "name": "Ada"},
        "/resend-verification": {"email": email},
        "/login": {"email": email, "password": PASSWORD},
        "/verify-email": {"token": "x" * 88, "password": PASSWORD},
        "/refresh": {"refresh_token": "x" * 108},
        "/logout": {"refresh_token": "x" * 108},
        "/api-key": {"api_key": "x" * 101},
    }
    with recorded() as calls:
        for path, body in bodies.items():
            refused(api.post(path, {**body, member: value}), member)
    assert not calls


def test_i09_a_patch_of_the_profile_takes_no_foreign_member(api: Api) -> None:
    """Nor does it change the name that stands beside it."""
    signed_in = api.sign_up(name="Ada")
    token, user = signed_in["access_token"], signed_in["user"]
    before = stored(api, user["id"])
    assert len(before) == 2
    # Here the e-mail address and the password are foreign, too.
    for member, value in [*FOREIGN, ("email", "other@example.com"), ("password", "another password"), ("new_password", "x")]:
        for body in ({member: value}, {"name": "Mallory", member: value}):
            refused(api.call("PATCH", "/v1/me", body, token=token), member)
    assert api.me(token).json() == user
    assert stored(api, user["id"]) == before


def test_i09_z06_a_new_api_key_takes_no_foreign_member(api: Api) -> None:
    """Whose it is, when it was made or used and what it may beyond what was asked for is nobody's to say."""
    me = administrator(api.stack)
    own = ("name", "permissions", "expires_at", "expires_in_days")
    foreign = [entry for entry in FOREIGN if entry[0] not in own]
    foreign += [("owner", me.id), ("secret", "x"), ("api_key", "x"), ("last_used_at", None), ("prefix", "gp_")]
    for member, value in foreign:
        refused(ask_for_api_key(me, "orders:read", **{member: value}), member)
    assert me.items("/api-keys") == []


def test_i09_a_new_user_has_the_role_user_and_nothing_else(api: Api) -> None:
    user = api.sign_up(name="admin")["user"]
    assert (user["roles"], user["permissions"], user["email_verified"]) == (["user"], [], True)
    item = next(item for item in stored(api, user["id"]) if "roles" in item)
    assert (item["roles"], item["status"], item["epoch"], item["version"]) == (["user"], "active", 0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " Ada",
        "Ada ",
        "x" * 101,
        "Ada\nLovelace",
        "Ada\r\nBcc: x",
        "Ada\0",
        "Ada\x1b[31m",
        "\u2028",
        "Ada\u2029",
        "Ada\x85",
        ["Ada"],
        {"first": "Ada"},
        1,
        True,
        1.5,
    ],
    ids=repr,
)
def test_i09_what_is_no_name_is_refused_and_changes_nothing(api: Api, name: Any) -> None:
    email = new_email()
    with recorded() as calls:
        answer = api.register(email, name=name)
    assert problem(answer) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]
    assert not calls


def test_i09_patching_changes_the_name_alone(api: Api) -> None:
    signed_in = api.sign_up(name="Ada")
    token, user = signed_in["access_token"], signed_in["user"]
    before = stored(api, user["id"])
    for name in ("Grace", "\u202eecarG", "<b>Grace</b>", "{{7*7}}", "x" * 100, "Gr\u00e4ce", "Gra\u0308ce", None):
        answer = api.call("PATCH", "/v1/me", {"name": name}, token=token)
        assert answer.json() == api.me(token).json() == {**user, "name": name}
    assert [{**item, "name": "Ada"} if "roles" in item else item for item in stored(api, user["id"])] == before


def test_i09_one_user_changes_nothing_of_another(api: Api) -> None:
    ours, theirs = api.sign_up(name="Ada"), api.sign_up(name="Grace")
    before = stored(api, theirs["user"]["id"])
    api.call("PATCH", "/v1/me", {"name": "Mallory"}, token=ours["access_token"])
    assert stored(api, theirs["user"]["id"]) == before
    assert api.me(theirs["access_token"]).json() == theirs["user"]
