"""`gatepost users export`, and what `users import --format gatepost` makes of it elsewhere."""

import json
import secrets
import stat
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from cli.importing.formats import gatepost
from cli.importing.formats.options import Options
from cli.importing.records import Refusal
from gatepost import clock
from gatepost.identifiers import new_id
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, delete, put
from tests.cli.files import OLD_PASSWORD, UsersFile, counted, user
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.administrators import administrator
from tests.integration.api_keys import new_api_key
from tests.support import Api, new_email

# Whatever else a user may come to have.
PASSKEY: Item = {
    "sk": "PASSKEY#1",
    "public_key": secrets.token_bytes(900),
    "counter": 12,
    "transports": {"internal", "hybrid"},
    "flags": {"backed_up": True, "label": None, "history": [1, b"\x00", "é"]},
}


@pytest.fixture
def exported(operator: Operator, tmp_path: Path) -> Path:
    """Where the export goes."""
    return tmp_path / "exported.jsonl"


def _attach(api: Api, user_id: str, item: Item) -> None:
    db = Database(boto3.client("dynamodb"))
    db.write(put(api.table_name("UsersTable"), {**item, **keys.of_user(user_id, item["sk"])}))


def _line(path: Path, email: str) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    (found,) = (line for line in lines if line["email"] == email)
    return found


def _of_user(api: Api, user_id: str) -> list[Item]:
    return [
        item for item in api.table("UsersTable") if user_id in (item.get("id"), item.get("user_id")) or user_id in item["pk"]
    ]


def test_a_user_is_written_with_all_that_is_theirs_and_nobody_else_may_read_it(
    operator: Operator, api: Api, exported: Path
) -> None:
    signed_in = api.sign_up(name="Ada « é »")
    _attach(api, signed_in["user"]["id"], PASSKEY)
    report = operator.json("users", "export", str(exported))
    lines = exported.read_text("utf-8").splitlines()
    assert report == {"users": len(lines), "file": str(exported)}
    line = _line(exported, signed_in["user"]["email"])
    assert line["id"] == signed_in["user"]["id"]
    assert line["name"] == "Ada « é »"
    assert line["password_hash"].startswith("$argon2id$")
    assert line["roles"] == ["user"]
    assert [item["sk"] for item in line["items"]] == [{"S": PASSKEY["sk"]}]
    assert exported.stat().st_mode & 0o777 == stat.S_IRUSR | stat.S_IWUSR
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]


def test_what_lies_where_an_export_is_written_is_not_followed(operator: Operator, exported: Path, tmp_path: Path) -> None:
    """In a folder that others may write to, they know its name before."""
    theirs = tmp_path / "theirs"
    theirs.touch()
    for link in (exported, exported.with_name(f"{exported.name}.part")):
        link.symlink_to(theirs)
    operator.json("users", "export", str(exported))
    assert theirs.read_bytes() == b""
    assert not exported.is_symlink()
    assert exported.stat().st_mode & 0o777 == stat.S_IRUSR | stat.S_IWUSR


def test_a_user_who_was_deleted_comes_back_with_everything_but_the_sessions(
    operator: Operator, api: Api, exported: Path
) -> None:
    signed_in = api.sign_up()
    user_id, email = signed_in["user"]["id"], signed_in["user"]["email"]
    _attach(api, user_id, PASSKEY)
    before = _of_user(api, user_id)
    sessions = [item for item in api.table("SessionsTable") if item["pk"] == keys.everything_of_user(user_id)]
    operator.run("users", "export", str(exported))
    exported.write_text(json.dumps(_line(exported, email)) + "\n", "utf-8")
    token = signed_in["access_token"]
    assert api.call("DELETE", "/v1/me", {"password": "correct horse battery staple"}, token=token).status == 204
    db = Database(boto3.client("dynamodb"))
    db.write(delete(api.table_name("UsersTable"), keys.of_user(user_id, PASSKEY["sk"])))
    # What of a session a deletion may leave behind.
    for item in sessions:
        db.write(put(api.table_name("SessionsTable"), item))

    file = UsersFile(operator, exported, "gatepost")
    assert counted(file.again()) == (1, 0, 0)

    after = _of_user(api, user_id)
    raised = {"epoch", "version"}
    assert _without(after, raised) == _without(before, raised)
    assert all(item["epoch"] >= clock.now() - 60 for item in after if "epoch" in item)
    assert api.me(token).status == 401
    assert api.refresh(signed_in["refresh_token"]).status == 401
    assert api.login(email).json()["user"]["id"] == user_id
    # Again: by this journal it's done, by another one the account is there.
    assert counted(file.again()) == (0, 1, 0)
    assert counted(file.again("--output", str(exported.with_name("other")), code=1)) == (0, 0, 1)


def test_api_keys_come_along_and_work(operator: Operator, api: Api, exported: Path) -> None:
    owner = new_user(operator.stack)
    key = new_api_key(owner)
    key.access_token()
    operator.run("users", "export", str(exported))
    exported.write_text(json.dumps(_line(exported, owner.email)) + "\n", "utf-8")
    assert owner.erase(owner.password).status == 204
    assert key.exchange().status == 401
    assert counted(UsersFile(operator, exported, "gatepost").again()) == (1, 0, 0)
    assert key.exchange().status == 200
    assert [each["id"] for each in owner.login().items("/api-keys")] == [key.id]


def test_the_export_may_go_into_another_program(operator: Operator, api: Api) -> None:
    email = api.sign_up()["user"]["email"]
    written = operator.run("users", "export", "-")
    assert email in {json.loads(line)["email"] for line in written.stdout.splitlines()}
    assert "keep that" in written.stderr


def _without(items: list[Item], names: set[str]) -> list[Item]:
    plain = [{name: value for name, value in item.items() if name not in names} for item in items]
    return sorted(plain, key=lambda item: (item["pk"], item["sk"]))


def test_an_address_or_an_id_that_is_taken_is_refused(operator: Operator, api: Api, exported: Path) -> None:
    first, second = api.sign_up()["user"], api.sign_up()["user"]
    operator.run("users", "export", str(exported))
    lines = [_line(exported, first["email"]) | {"email": new_email()}, _line(exported, second["email"]) | {"id": new_id()}]
    same = lines[0] | {"email": new_email()}
    file = UsersFile(operator, exported, "gatepost", [*lines, same])
    before = len(api.table("UsersTable"))
    for options in (("--dry-run",), ()):
        assert counted(file.run(*options, code=1)) == (0, 0, 3)
        assert file.refusals() == {
            1: "an account with this id exists, or a part of it",
            2: "an account with this address exists",
            3: "line 1 has the same id",
        }
    assert len(api.table("UsersTable")) == before


def test_what_a_deletion_has_left_is_no_user(operator: Operator, api: Api, exported: Path) -> None:
    _attach(api, new_id(), PASSKEY)
    api.sign_up()
    operator.run("users", "export", str(exported))
    profiles = [item for item in api.table("UsersTable") if item["sk"] == keys.user("")["sk"]]
    assert {line["id"] for line in map(json.loads, exported.read_text().splitlines())} == {item["id"] for item in profiles}


def test_administrators_are_exported_and_come_only_if_that_is_meant(operator: Operator, exported: Path) -> None:
    boss = administrator(operator.stack)
    operator.run("users", "export", str(exported))
    line = _line(exported, boss.email) | {"email": new_email(), "id": new_id()}
    file = UsersFile(operator, exported, "gatepost", [line])
    assert counted(file.run(code=1)) == (0, 0, 1)
    assert counted(file.again("--with-administrators")) == (1, 0, 0)


def test_an_export_that_fails_leaves_the_file_of_before(operator: Operator, api: Api, exported: Path) -> None:
    api.sign_up()
    exported.write_text("of before")
    with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        assert "No space left" in operator.run("users", "export", str(exported), code=1).stderr
    assert exported.read_text() == "of before"
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]
    assert "can't be written" in operator.refusal("users", "export", "/nowhere/users.jsonl")


def test_the_command_warns_that_the_file_holds_hashes(operator: Operator, exported: Path) -> None:
    assert "with their hashes" in operator.run("users", "export", str(exported)).stderr


GOOD = user(id="0" * 32, profile={"epoch": {"N": "1"}}, items=[{"sk": {"S": "PASSKEY#1"}, "key": {"B": "AAE="}}])


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "auth0|1"},
        {"password_hash": "nothing"},
        {"more": 1},
        {"profile": []},
        {"profile": {"epoch": 1}},
        {"profile": {"epoch": {"N": "1.5"}}},
        {"profile": {"epoch": {"N": "9" * 50}}},
        {"profile": {"epoch": {"N": "1", "S": "1"}}},
        {"profile": {"epoch": {"X": "1"}}},
        {"items": [1]},
        {"items": [{"key": {"B": "AAE="}}]},
        {"items": [{"sk": {"S": ""}}]},
        {"items": [{"sk": {"S": "PROFILE"}}]},
        {"items": [{"sk": {"N": "1"}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"B": "§"}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"B": 1}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"SS": []}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"SS": [[]]}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"L": 1}}]},
        {"items": [{"sk": {"S": "PASSKEY#1"}, "key": {"M": [1]}}]},
        {"items": [{"sk": {"S": "A"}}, {"sk": {"S": "A"}}]},
    ],
    ids=str,
)
def test_a_line_that_no_export_has_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n")
    with file.open("rb") as stream:
        good, bad = gatepost.read(stream, Options())
    assert not isinstance(good, Refusal)
    assert isinstance(bad, Refusal)
    assert OLD_PASSWORD not in bad.reason


def test_r29_a_user_with_more_than_a_transaction_takes_is_refused(operator: Operator, api: Api, tmp_path: Path) -> None:
    def with_items(*items: dict[str, Any]) -> dict[str, Any]:
        return user(id=new_id(), items=list(items))

    fits = with_items(*({"sk": {"S": f"PASSKEY#{number}"}} for number in range(96)))
    file = UsersFile(operator, tmp_path / "users.jsonl", "gatepost")
    file.lines = [
        with_items(*({"sk": {"S": f"PASSKEY#{number}"}} for number in range(97))),
        fits,
        with_items({"sk": {"S": "NOTE"}, "text": {"S": "x" * 395_000}}),
    ]
    assert counted(file.run(code=1)) == (1, 0, 2)
    assert sorted(file.refusals()) == [1, 3]
    assert len(_of_user(api, fits["id"])) == 98
