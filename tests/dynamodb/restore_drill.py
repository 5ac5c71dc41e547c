"""The restore drill (R-34): tables are destroyed and restored on DynamoDB Local, and what must hold then is looked at.

    python tools/dynamodb_local.py python -m tests.dynamodb.restore_drill

The times that it prints are this machine's. How long DynamoDB takes in AWS, nothing here can tell: docs/backup.md.
"""

import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
import time_machine

from gatepost import clock
from local.aws import embedded_aws
from local.mailbox import Mailbox
from local.stack import Stack
from tests.cli.support import Operator, serving
from tests.dynamodb.night import Night, in_order
from tests.dynamodb.night import held as all_held
from tests.dynamodb.projects import project_in
from tests.integration.accounts import NEW_PASSWORD
from tests.integration.single_use import SINGLE_USE
from tests.support import PARAMETERS, Api

T = TypeVar("T")


@dataclass
class Drill:
    """A run of the drill: prints each step with its time, and counts what doesn't hold."""

    night: Night
    failed: list[str] = field(default_factory=list)

    def step(self, what: str, do: Callable[[], T]) -> T:
        """Do something, and print how long it took."""
        began = time.perf_counter()
        done = do()
        _print(f"{time.perf_counter() - began:7.2f} s", what)
        return done

    def expect(self, what: str, holds: bool) -> None:
        """Note whether something holds."""
        _print("       ok" if holds else "   FAILED", what)
        if not holds:
            self.failed.append(what)

    def deploy(self) -> None:
        """Deploy the time of the restore, which is now; the second after it's over."""
        self.night.traveller.shift(1)
        self.step("deploy SessionsNotBefore", lambda: self.night.deploy(clock.now()))


def _print(first: str, what: str) -> None:
    click.echo(f"{first}  {what}")


# ------------------------------------------------------------ what is destroyed, and what holds once it's restored


def users_alone(drill: Drill) -> None:
    """Users go back to the evening, Sessions don't."""
    drill.step("destroy Users", lambda: drill.night.lose("users"))
    drill.step("restore Users", lambda: drill.night.restore("users", "--exactly"))
    drill.deploy()
    _expect_exactly_the_window_is_lost(drill, "users")
    _expect_nothing_comes_alive(drill)
    _expect_users_sign_in(drill)
    _expect_review(drill)


def users_without_sessions(drill: Drill) -> None:
    """Users go back, and Sessions are gone: they have no backup."""
    drill.step("destroy Users and Sessions", lambda: drill.night.lose("users", "sessions"))
    drill.step("restore Users", lambda: drill.night.restore("users", "--exactly"))
    drill.deploy()
    _expect_exactly_the_window_is_lost(drill, "users")
    drill.expect("the Sessions table is empty", not all_held(drill.night.stack)["sessions"])
    _expect_nothing_comes_alive(drill)
    _expect_users_sign_in(drill)
    _expect_review(drill)


def everything(drill: Drill) -> None:
    """All go back, Sessions too, of a copy that somebody has made. Keys are made anew."""
    night = drill.night
    drill.step("destroy all tables", lambda: night.lose("users", "roles", "clients", "audit", "keys", "sessions"))
    for table in ("users", "roles", "clients"):
        drill.step(f"restore {table}", partial(night.restore, table, "--exactly"))
    drill.step("restore audit", lambda: night.restore("audit"))
    drill.step("bring Sessions back from a copy", lambda: night.bring_back_by_hand("sessions"))
    drill.step("make new signing keys", lambda: night.operator.run("keys", "rotate"))
    drill.deploy()
    _expect_exactly_the_window_is_lost(drill, "users", "roles", "clients", "sessions")
    drill.expect("the stolen key is in no key set", night.stolen not in _published(night))
    _expect_nothing_comes_alive(drill)
    _expect_users_sign_in(drill)
    drill.expect(
        "a client that was deleted since is there", night.operator.run("clients", "show", night.client_id).exit_code == 0
    )


def keys_made_anew(drill: Drill) -> None:
    """The Keys table is lost and nothing is restored: new keys, and nobody signs in again."""
    night = drill.night
    ada = night.people.ada
    drill.step("destroy Keys", lambda: night.lose("keys"))
    drill.step("make new signing keys", lambda: night.operator.run("keys", "rotate"))
    night.deploy()
    drill.expect("an access token by a key of before is refused", ada.api.me(ada.access_token).status == 401)
    drill.expect("the stolen key is in no key set", night.stolen not in _published(night))
    drill.expect("the session goes on by a refresh", (answer := ada.api.refresh(ada.refresh_token)).status == 200)
    drill.expect("its token is good", ada.api.me(answer.json()["access_token"]).status == 200)
    drill.expect("no key is left to remove again", night.stolen not in _review(night))


def keys_taken_back(drill: Drill) -> None:
    """The Keys table goes back to before the removal of a stolen key."""
    night = drill.night
    api, token = night.people.ada.api, night.token_by_the_stolen
    drill.step("destroy Keys", lambda: night.lose("keys"))
    beside = night.beside("keys")
    said = night.operator.refusal("restore", "copy", "keys", "--from", beside, "--yes")
    night.forget(beside)
    drill.expect("a ring with a stolen key is not copied", said.startswith(f"{night.stolen} was removed since"))
    drill.step("bring it back by hand", lambda: night.bring_back_by_hand("keys"))
    night.deploy()
    drill.expect("so the stolen key is good again", api.me(token).status == 200)
    drill.expect("review tells of it", night.stolen in _review(night))
    drill.step("remove it again", lambda: night.operator.run("keys", "remove", night.stolen, "--yes"))
    night.traveller.shift(61)
    drill.expect("a token by the stolen key is refused", api.me(token).status == 401)
    drill.expect("it is in no key set", night.stolen not in _published(night))
    drill.expect("review tells of it no more", night.stolen not in _review(night))


def roles_alone(drill: Drill) -> None:
    """Roles go back: who has one that isn't there may nothing by it, and all else goes on."""
    night = drill.night
    ada, late = night.people.ada, night.late
    drill.step("destroy Roles", lambda: night.lose("roles"))
    drill.step("restore Roles", lambda: night.restore("roles", "--exactly"))
    night.deploy()
    _expect_exactly_the_window_is_lost(drill, "roles")
    drill.expect("who has a role that is gone may nothing by it", late.admin("GET", "/audit").status == 403)
    drill.expect("and is signed in all the same", late.api.me(late.access_token).status == 200)
    drill.expect("a session of before goes on", ada.api.me(ada.access_token).status == 200)
    drill.expect("roles can be changed", night.people.admin.admin("PUT", f"/users/{ada.id}/roles/clerk").status == 204)


SCENARIOS = (users_alone, users_without_sessions, everything, keys_made_anew, keys_taken_back, roles_alone)
"""In any order: each begins with the night as it was."""


# ------------------------------------------------------------ what holds


def _expect_exactly_the_window_is_lost(drill: Drill, *tables: str) -> None:
    now = all_held(drill.night.stack)
    for table in tables:
        same = in_order(now[table]) == in_order(drill.night.then[table])
        drill.expect(f"{table}: what was written since is lost, and nothing else", same)
    others = {"users", "roles", "clients", "sessions"} - {*tables}
    untouched = all(in_order(now[table]) == in_order(drill.night.at_last[table]) for table in others if now[table])
    drill.expect("what was not restored is as it was at last", untouched)


def _expect_nothing_comes_alive(drill: Drill) -> None:
    people = drill.night.people
    tokens = [each.api.me(each.access_token).status for each in people.sessions]
    drill.expect("no access token of before is good", set(tokens) == {401})
    refreshed = [each.api.refresh(each.refresh_token).status for each in people.sessions]
    drill.expect("no refresh token of before is good", set(refreshed) == {401})
    keys = [key.exchange().status for key in (people.kept, people.ended)]
    drill.expect("no API key of before is good, ended or not", set(keys) == {401})
    for kind, use in people.single_use.items():
        drill.expect(f"{kind}: what was used stays used", use() == SINGLE_USE[kind][1])


def _expect_users_sign_in(drill: Drill) -> None:
    people, stack = drill.night.people, drill.night.stack
    signed_in = Api(stack).login(people.ada.email)
    drill.expect("users sign in", signed_in.status == 200)
    drill.expect("and stay signed in", Api(stack).refresh(signed_in.json()["refresh_token"]).status == 200)
    drill.expect("who came since is lost", Api(stack).login(drill.night.zed.email).status == 401)
    drill.expect("a password of since is lost", Api(stack).login(people.carl.email, NEW_PASSWORD).status == 401)
    for kind, (issue, _) in SINGLE_USE.items():
        drill.expect(f"{kind}: what is issued now is good", issue(stack)()[0] in (200, 204))


def _expect_review(drill: Drill) -> None:
    people = drill.night.people
    undone = {people.carl.id, people.dora.id, people.eve.id, people.demoted.id}
    drill.expect("review lists all that has to be done again", undone <= _review(drill.night))


def _review(night: Night) -> set[str]:
    shown = night.operator.run("--json", "restore", "review", "--since", "1h", code=1)
    return {each["subject"] for each in json.loads(shown.stdout)}


def _published(night: Night) -> set[str]:
    return {key["kid"] for key in night.stack.request("GET", "/.well-known/jwks.json").json()["keys"]}


# ------------------------------------------------------------ running it


@contextmanager
def night_on(project: Path, mailbox: Mailbox) -> Iterator[Night]:
    """Yield the night, which has passed by, of the service in the folder `project`."""
    with (
        time_machine.travel(time.time()) as traveller,
        Stack(project / "template.yaml", mailbox, parameters=PARAMETERS) as stack,
        serving(stack) as url,
    ):
        night = Night(stack, Operator(stack, ("--local", url)), traveller)
        night.fall()
        night.pass_by()
        yield night


def main() -> int:
    """Run the drill; return 1 if something doesn't hold."""
    logging.disable()
    failed: list[str] = []
    with (
        embedded_aws() as mailbox,
        tempfile.TemporaryDirectory() as folder,
        contextmanager(project_in)(Path(folder)) as project,
    ):
        began = time.perf_counter()
        with night_on(project, mailbox) as night:
            items = sum(map(len, night.then.values()))
            _print(
                f"{time.perf_counter() - began:7.2f} s", f"make a night: {items} items in the evening, ten minutes of changes"
            )
            for scenario in SCENARIOS:
                click.echo(f"\n{scenario.__doc__}")
                drill = Drill(night)
                scenario(drill)
                failed += [f"{scenario.__name__}: {what}" for what in drill.failed]
    click.echo("\n".join([f"\n{len(failed)} of what must hold doesn't." if failed else "\nAll holds.", *failed]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
