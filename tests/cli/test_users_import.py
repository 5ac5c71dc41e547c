"""`gatepost users import`: who becomes a user, as what, and what it says of the others."""

import stat
from pathlib import Path

import pytest

from gatepost.access.roles import Role
from gatepost.audit import Event
from gatepost.storage import keys
from tests.cli.files import OLD_PASSWORD, UsersFile, counted, user
from tests.cli.support import Operator
from tests.integration.accounts import forgot
from tests.integration.administrators import new_role
from tests.integration.aws_faults import Fault, always, broken, cancelled, faults
from tests.integration.tables import items
from tests.support import Api, new_email, problem


@pytest.fixture
def file(operator: Operator, tmp_path: Path) -> UsersFile:
    return UsersFile(operator, tmp_path / "users.jsonl")


def test_users_sign_in_with_their_old_passwords_under_new_ids(file: UsersFile, api: Api) -> None:
    role = new_role(file.operator.stack, Role("", "", ("orders:read",)))
    ada = user(id="auth0|1", name="Ada", roles=[role], created_at="2019-05-01T12:00:00Z")
    grace = user(id="auth0|2")
    file.lines = [ada, grace]

    assert counted(file.run()) == (2, 0, 0)

    signed_in = api.login(ada["email"], OLD_PASSWORD).json()
    assert signed_in["user"] | {"permissions": None} == signed_in["user"] | {
        "id": file.ids()["auth0|1"],
        "email": ada["email"],
        "email_verified": True,
        "name": "Ada",
        "roles": [role],
        "created_at": "2019-05-01T12:00:00Z",
        "permissions": None,
    }
    assert api.login(grace["email"], OLD_PASSWORD).json()["user"]["roles"] == ["user"]
    assert api.login(grace["email"], OLD_PASSWORD + ".").status == 401
    assert not api.mails(ada["email"])
    assert file.beside(".ids.csv").stat().st_mode & 0o777 == stat.S_IRUSR | stat.S_IWUSR


def test_z14_each_import_is_an_event_of_its_user_that_names_the_operator(file: UsersFile, api: Api) -> None:
    file.lines = [user(id="1")]
    file.run()
    (event,) = items(api, "AuditTable", "pk = :pk", pk=keys.audit_trail_of_user(file.ids()["1"]))
    assert (event["event"], event["result"], event["role"]) == (Event.USER_IMPORTED, "success", "user")
    assert event["actor_id"] == "local"


def test_a_disabled_user_stays_disabled(file: UsersFile, api: Api) -> None:
    disabled = user(status="disabled")
    file.lines = [disabled]
    assert counted(file.run()) == (1, 0, 0)
    assert problem(api.login(disabled["email"], OLD_PASSWORD)) == (401, "invalid_credentials")


def test_i06_i07_the_password_of_an_address_that_was_never_verified_stays_behind(file: UsersFile, api: Api) -> None:
    """Somebody else may have registered it there: its owner proves it first, by a mail."""
    claimed, unknown = user(email_verified=False), user(password_hash=None)
    file.lines = [claimed, unknown]
    report = file.run()
    assert (report["imported"], report["without_password"]) == (2, 2)
    for each, verified in ((claimed, False), (unknown, True)):
        email = each["email"]
        assert problem(api.login(email, OLD_PASSWORD)) == (401, "invalid_credentials")
        (profile,) = items(api, "UsersTable", "email = :email AND sk = :sk", email=email, sk=keys.user("")["sk"])
        assert profile["email_verified"] is verified
        assert forgot(api, email).status == 202
        reset = {"token": api.mailed_token(email), "new_password": "correct horse battery staple"}
        assert api.post("/password/reset", reset).status == 204
        assert api.login(email).json()["user"]["email_verified"] is True


def test_who_can_not_be_imported_is_refused_by_line_and_the_rest_goes_on(file: UsersFile, api: Api) -> None:
    taken, first = api.sign_up()["user"]["email"], user()
    file.lines = [
        first,
        "{broken",
        user(password_hash="{SSHA}c2FsdA"),
        user(email=first["email"].upper()),
        user(email=taken),
        user(roles=["no-such-role"]),
        user(roles=["admin"]),
        user(),
    ]
    before = len(api.table("UsersTable"))

    report = file.run(code=1)

    assert counted(report) == (2, 0, 6)
    refusals = file.refusals()
    assert sorted(refusals) == [2, 3, 4, 5, 6, 7]
    assert refusals[4] == "line 1 has the same address"
    assert refusals[5] == "an account with this address exists"
    assert "--ignore-unknown-roles" in refusals[6]
    assert "--with-administrators" in refusals[7]
    assert "c2FsdA" not in str(refusals)
    # Nobody is there by halves: a claim and a profile each.
    assert len(api.table("UsersTable")) == before + 4


def test_unknown_roles_are_left_out_only_if_that_is_asked_for(file: UsersFile, api: Api) -> None:
    role = new_role(file.operator.stack, Role("", "", ("orders:read",)))
    both, none = user(roles=["gone", role]), user(roles=["gone"])
    file.lines = [both, none]
    assert counted(file.run(code=1)) == (0, 0, 2)
    assert counted(file.again("--ignore-unknown-roles")) == (2, 0, 0)
    assert api.login(both["email"], OLD_PASSWORD).json()["user"]["roles"] == [role]
    assert api.login(none["email"], OLD_PASSWORD).json()["user"]["roles"] == ["user"]


def test_r29_users_whose_roles_permit_more_than_a_token_carries_are_refused(file: UsersFile) -> None:
    roles = [
        new_role(file.operator.stack, Role("", "", tuple(f"thing-{half}-{n}:read" for n in range(60)))) for half in range(2)
    ]
    file.lines = [user(roles=roles), user(roles=roles[:1])]
    assert counted(file.run(code=1)) == (1, 0, 1)
    assert "more than a token may carry" in file.refusals()[1]


def test_administrators_come_only_if_that_is_meant_and_are_counted_as_such(file: UsersFile, api: Api) -> None:
    everything = new_role(file.operator.stack, Role("", "", ("*",)))
    active = [user(id=str(number), roles=["admin"]) for number in range(3)]
    file.lines = [*active, user(id="9", roles=["admin"], status="disabled"), user(id="10", roles=[everything])]
    assert counted(file.run(code=1)) == (0, 0, 5)
    assert counted(file.again("--with-administrators")) == (5, 0, 0)
    (administrators,) = [
        item for item in api.table("UsersTable") if item["pk"] == keys.administrators()["pk"] and "ids" in item
    ]
    known = {name for name, user_id in file.ids().items() if user_id in administrators["ids"]}
    assert known == {"0", "1", "2"}


def test_a_dry_run_reports_the_same_and_writes_nothing(file: UsersFile, api: Api) -> None:
    taken, first = api.sign_up()["user"]["email"], user()
    file.lines = [first, user(email=taken), user(), "{", user(email=first["email"]), user(roles=["no-such-role"])]
    tables = ("UsersTable", "AuditTable", "SessionsTable")
    before = [len(api.table(table)) for table in tables]

    dry = file.run("--dry-run", code=1)
    refused = file.refusals()

    assert dry["dry_run"] is True
    assert [len(api.table(table)) for table in tables] == before
    assert not file.beside(".import.jsonl").exists()
    assert not file.beside(".ids.csv").exists()
    assert counted(file.again(code=1)) == counted(dry) == (2, 0, 4)
    assert file.refusals() == refused
    assert counted(file.again("--dry-run", code=1)) == (0, 2, 4)


def test_a_second_run_leaves_who_is_imported_alone_and_tries_the_others_again(file: UsersFile, api: Api) -> None:
    role = "a-role-that-comes-later"
    file.lines = [user(id="1"), user(id="2", roles=[role]), user(id="3")]
    assert counted(file.run(code=1)) == (2, 0, 1)
    ids = file.ids()
    new_role(file.operator.stack, Role(role, "", ("orders:read",)))
    assert counted(file.again()) == (1, 2, 0)
    assert not file.beside(".refused.jsonl").exists()
    assert file.ids().items() > ids.items()
    assert counted(file.again()) == (0, 3, 0)
    assert file.ids().keys() == {"1", "2", "3"}


def test_z12_who_was_deleted_since_does_not_come_back(file: UsersFile, api: Api) -> None:
    gone = user()
    file.lines = [gone, user()]
    file.run()
    token = api.login(gone["email"], OLD_PASSWORD).json()["access_token"]
    assert api.call("DELETE", "/v1/me", {"password": OLD_PASSWORD}, token=token).status == 204
    assert counted(file.again()) == (0, 2, 0)
    assert api.login(gone["email"], OLD_PASSWORD).status == 401


def test_a_journal_of_another_file_format_or_deployment_is_refused(file: UsersFile) -> None:
    file.lines = [user()]
    file.run()
    file.lines.append(user())
    command = ("users", "import", str(file.path), "--format")
    for format_ in ("jsonl", "gatepost"):
        if format_ == "jsonl":
            file.path.write_text(file.path.read_text() + "\n")
        refused = file.operator.run(*command, format_, code=1)
        assert "is the journal of another import" in refused.stderr
        assert "--output" in refused.stderr
    other = file.path.with_name("other")
    assert "1 are refused" in file.operator.run(*command, "jsonl", "--output", str(other), code=1).stdout
    journal = file.beside(".import.jsonl")
    journal.write_text("something else\n")
    assert "is not the journal of an import" in file.operator.run(*command, "jsonl", code=1).stderr


@pytest.mark.parametrize(
    ("fault", "said"),
    [(broken, "InternalServerError"), (cancelled("ThrottlingError", "None", "None"), "TransactionCanceledException")],
)
def test_where_the_tables_take_nothing_it_says_how_to_go_on(file: UsersFile, fault: Fault, said: str) -> None:
    file.lines = [user()]
    file.run("--dry-run")
    command = ("users", "import", str(file.path), "--format", "jsonl")
    with faults(always("TransactWriteItems", fault)):
        refusal = file.operator.refusal(*command, code=3)
    assert said in refusal
    assert "--rate" in refusal
    assert "Run the same command again" in refusal
    assert counted(file.again()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "nothing"), "gatepost"),
        ((), "--format"),
        (("--format", "csv", "--hashes", __file__), "--hashes is for another format"),
        (("--format", "csv", "--rate", "0"), "--rate"),
    ],
)
def test_what_can_not_be_meant_is_2(file: UsersFile, options: tuple[str, ...], said: str) -> None:
    file.path.touch()
    assert said in file.operator.run("users", "import", str(file.path), *options, code=2).stderr


def test_the_report_for_people_says_what_to_do(file: UsersFile) -> None:
    file.lines = [user(), "{", user(email=new_email(), email_verified=False)]
    file.run("--dry-run", code=1)
    shown = file.operator.run("users", "import", str(file.path), "--format", "jsonl", code=1)
    assert "2 users are imported" in shown.stdout
    assert "1 of them without a password" in shown.stdout
    assert '"line": 2' in shown.stderr
    assert str(file.beside(".refused.jsonl")) in shown.stderr
