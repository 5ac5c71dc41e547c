"""`gatepost users`: one user, for whom an operator acts, or all of them."""

from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from cli import output, people
from cli.commanding import Group
from cli.commands import moving_users
from cli.failures import of_value
from cli.run import Run, pass_run
from gatepost import clock, limits, session_list
from gatepost.accounts import erasure
from gatepost.administration import password_resets
from gatepost.administration import users as rules
from gatepost.api_keys import own_keys, spelling
from gatepost.fields import Line
from gatepost.service import Service
from gatepost.storage import keys, suppressions
from gatepost.storage.users import User


@click.group(cls=Group, examples=("gatepost users show ada@example.com", "gatepost users export users.jsonl"))
def users() -> None:
    """See a user and act for them; move in with all users, and out again."""


users.add_command(moving_users.import_)
users.add_command(moving_users.export)
_USER = click.argument("who", metavar="ID|ADDRESS")
_YES = click.option("--yes", is_flag=True, help="don't ask")


@users.command(examples=("gatepost users show ada@example.com", "gatepost users show ada@example.com --json | jq .sessions"))
@_USER
@pass_run
def show(run: Run, who: str) -> None:
    """Show a user: what they have, and what keeps them out or their mail away.

    `locked_until` is when they can sign in by password again, where too many guesses were made at it; by a mailed link, or
    with a new password by one, they can at once.
    """
    service, me, _ = run.deployment.acting()
    _print(run, _described(service, people.find(service, me, who)))


@users.command(examples=("gatepost users sign-out ada@example.com",))
@_USER
@pass_run
def sign_out(run: Run, who: str) -> None:
    """End all sessions of a user, at once. They may sign in again."""
    service, me, caller = run.deployment.acting()
    user = people.find(service, me, who)
    rules.end_sessions(service, me, user, caller)
    _print_after(run, user, "All sessions are over.")


@users.command(examples=("gatepost users reset-password ada@example.com",))
@_USER
@pass_run
def reset_password(run: Run, who: str) -> None:
    """Make a user's password void, end their sessions and API keys, and mail them a link that sets a new one."""
    service, me, caller = run.deployment.acting()
    user = people.find(service, me, who)
    password_resets.demand_reset(service, me, user, caller)
    _print_after(run, user, "The password, all sessions and all API keys are void; a link is on its way by mail.")


@users.command(examples=("gatepost users disable ada@example.com",))
@_USER
@pass_run
def disable(run: Run, who: str) -> None:
    """Keep a user out, whatever they have: sessions end at once, and nothing signs in."""
    _update(run, who, "Nothing of theirs works until `gatepost users enable`.", status="disabled")


@users.command(examples=("gatepost users enable ada@example.com",))
@_USER
@pass_run
def enable(run: Run, who: str) -> None:
    """Let a user in again who was disabled. What works of theirs is what worked before, but for sessions."""
    _update(run, who, "They may sign in again.", status="active")


@users.command(examples=("gatepost users rename ada@example.com 'Ada King'",))
@_USER
@click.argument("name", metavar="NAME")
@pass_run
def rename(run: Run, who: str, name: str) -> None:
    """Correct the name of a user. The address only they can change, since they have to prove the new one."""
    try:
        corrected = TypeAdapter(Line).validate_python(name)
    except ValidationError as exc:
        raise click.BadParameter(of_value(exc.errors()[0]), param_hint="NAME") from exc
    _update(run, who, "The name is changed.", name=corrected)


@users.command(examples=("gatepost users data ada@example.com ada.json",))
@_USER
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@pass_run
def data(run: Run, who: str, file: str) -> None:
    """Write all that is held about a user into FILE, as `GET /v1/me/export` gives it to them: no secret, no hash.

    FILE is yours alone to read; - is stdout. Of their security events it has the newest 1,000.
    """
    service, me, _ = run.deployment.acting()
    held = erasure.export(service, people.find(service, me, who))
    with output.private_file(file) as lines:
        lines.write(f"{output.as_json(held)}\n")
    complete = "all" if held["security_events_complete"] else "the newest"
    output.say(f"Sessions: {len(held['sessions'])}. API keys: {len(held['api_keys'])}. Security events: {complete}.")
    if run.json and file != "-":
        output.print_json({"id": held["user"]["id"], "file": file})


@users.command(examples=("gatepost users delete ada@example.com --yes",))
@_USER
@_YES
@pass_run
def delete(run: Run, who: str, yes: bool) -> None:
    """Delete a user for good, with all that is theirs; they're told by mail. Their security events stay, by the id alone."""
    service, me, caller = run.deployment.acting()
    user = people.find(service, me, who)
    if not yes:
        click.confirm(f"Delete {output.printable(user.email)} of {run.deployment.title} for good?", abort=True, err=True)
    rules.delete(service, me, user, caller)
    output.say("The user is deleted.")
    if run.json:
        output.print_json({"id": user.id, "deleted": True})


@users.command(examples=("gatepost users delete-api-key gp_0123456789abcdef0123456789abcdef0123456789abcdef",))
@click.argument("key", metavar="KEY")
@_YES
@pass_run
def delete_api_key(run: Run, key: str, yes: bool) -> None:
    """Delete one API key, such as one that somebody has found. Its access tokens go with it.

    KEY is its id, with gp_ before it or not, as events and lists have it. Of a whole key give the first 51 characters: the rest
    is the secret, and should stand in no shell's history.
    """
    service, me, caller = run.deployment.acting()
    key_id = key.removeprefix("gp_")
    if not spelling.is_id(key_id):
        raise click.BadParameter("must be the id of an API key: gp_ and 48 hexadecimal digits", param_hint="KEY")
    user = rules.find(service, me, spelling.owner_of(key_id))
    if not yes:
        click.confirm(f"Delete the API key gp_{key_id} of {output.printable(user.email)}?", abort=True, err=True)
    own_keys.delete(service, user.id, key_id, caller, operator=me.id)
    output.say("The API key is deleted. Its owner isn't told: tell them.")
    if run.json:
        output.print_json({"id": key_id, "user_id": user.id, "deleted": True})


def _update(run: Run, who: str, done: str, **changes: Any) -> None:
    service, me, caller = run.deployment.acting()
    user = people.find(service, me, who)
    as_it_is = {"name": user.name, "email_verified": user.email_verified, "status": user.status}
    rules.update(service, me, user, caller, **(as_it_is | changes))
    _print_after(run, user, done)


def _print_after(run: Run, before: User, done: str) -> None:
    service, me, _ = run.deployment.acting()
    _print(run, _described(service, rules.find(service, me, before.id)))
    output.say(done)


def _described(service: Service, user: User) -> dict[str, Any]:
    settings = service.settings
    guesses = service.limits.account_failures
    count = service.db.get(settings.sessions_table, keys.limit(guesses.kind, limits.account(user.email_digest)))
    free_at, now = limits.free_at(guesses, count), clock.now()
    return {
        "id": user.id,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "status": user.status,
        "roles": list(user.roles),
        "created_at": clock.rfc3339(user.created_at),
        "sessions": len(session_list.alive(service, user)),
        "api_keys": len(own_keys.all_of(service, user)),
        "locked_until": clock.rfc3339(free_at) if now < free_at else None,
        "mail_stopped": suppressions.described(user.mail_stopped),
    }


def _print(run: Run, user: dict[str, Any]) -> None:
    if run.json:
        output.print_json(user)
        return
    stopped = user["mail_stopped"]
    told = f"{stopped['reason']} at {stopped['at']}, until {stopped['until']}" if stopped else None
    output.print_members(user | {"mail_stopped": told})
