"""`gatepost keys`: the keys that sign access tokens."""

import click

from cli import output
from cli.commanding import Group
from cli.failures import Refused, Unreachable
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.administration import signing_keys as rules
from gatepost.errors import Unavailable
from gatepost.signing.ring import KeyRing, next_to_sign
from gatepost.storage import signing_keys as ring_item


@click.group(cls=Group, examples=("gatepost keys list", "gatepost keys rotate"))
def keys() -> None:
    """See the keys that sign access tokens, rotate them, and remove one that was stolen."""


@keys.command("list", examples=("gatepost keys list", "gatepost keys list --json"))
@pass_run
def list_keys(run: Run) -> None:
    """List the keys that may verify an access token, and which one signs next.

    One key signs. A standby key is published already, so that it's known everywhere before it signs. A retired one verifies
    what it has signed, until that has expired.
    """
    _print(run, _ring(run))


@keys.command(examples=("gatepost keys rotate", "gatepost --stack gatepost-prod keys rotate --json"))
@pass_run
def rotate(run: Run) -> None:
    """Rotate the signing keys before it's time to, and show what comes when.

    The key set has a new key at once. A key signs only once it was published for so long that all who keep the key set know
    it: if the next one was, it signs from now on, else as soon as it was. Nobody is signed out.
    """
    deployment = run.deployment
    _, me, caller = deployment.acting()
    rules.rotate(deployment.keys_function, me, caller)
    _print_after(run, "The rotation is under way")


@keys.command(examples=("gatepost keys remove 0123456789abcdef0123456789abcdef --yes",))
@click.argument("kid")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def remove(run: Run, kid: str, yes: bool) -> None:
    """Remove a key at once, whatever it does: for a key that somebody has stolen, or may have.

    If it was the one that signs, the oldest standby key signs from now on. Tokens by the removed key are refused by Gatepost
    within a minute and by its verifiers within about two; a gateway's own authorizer may take them for two and a half hours.
    Nobody has to sign in again. If all keys may have been stolen, remove the standby keys first, then the one that signs.
    """
    deployment = run.deployment
    _, me, caller = deployment.acting()
    key = next((key for key in _ring(run).keys if key.kid == kid), None)
    if key is None:
        raise Refused("There is no such key: `gatepost keys list` shows those that there are.")
    if not yes:
        click.confirm(f"Remove the key {kid} ({key.state}) of {deployment.title} for good?", abort=True, err=True)
    rules.remove(deployment.keys_function, me, kid, caller)
    _print_after(run, "The key is removed")


def _ring(run: Run) -> KeyRing:
    service = run.deployment.service
    return ring_item.read(service.db, service.settings.keys_table)


def _print_after(run: Run, done: str) -> None:
    try:
        ring = _ring(run)
    except Unavailable as exc:
        raise Unreachable(f"{done}, but the keys can't be read now. See them by `gatepost keys list`.") from exc
    _print(run, ring)


def _print(run: Run, ring: KeyRing) -> None:
    described, coming = [rules.described(key) for key in ring.keys], next_to_sign(ring)
    if run.json:
        follows = {"kid": coming[0].kid, "signs_from": clock.rfc3339(coming[1])} if coming else None
        output.print_json({"keys": described, "rotation_pending": ring.rotation_due, "next": follows})
        return
    columns = ("kid", "algorithm", "state", "since")
    output.print_table([name.upper() for name in columns], [[key[name] for name in columns] for key in described])
    if coming:
        key, at = coming
        why = "A rotation was asked for" if ring.rotation_due else "The next rotation"
        output.say(f"{why}: {key.kid} signs from {clock.rfc3339(at)} on, or up to an hour later.")
