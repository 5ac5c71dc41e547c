"""What `sam build` made: what lies where, and the functions that no walk through the documentation reaches.

The walks themselves run against the built functions too, see conftest.py. `make test-built` builds first.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import TEMPLATE
from local.aws import embedded_aws
from local.stack import Stack
from tests.e2e.built import THIS_MACHINE, built_lambda, built_template
from tests.integration.ses_feedback import bounce
from tests.support import PARAMETERS, Api, new_email
from tools.trim_artifacts import SERVICES

pytestmark = pytest.mark.built

BUILD = THIS_MACHINE / "build"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of the built template. Creating it runs the custom resources."""
    with (
        built_lambda(tmp_path_factory.mktemp("lambda")) as functions,
        embedded_aws() as mailbox,
        Stack(built_template(TEMPLATE), mailbox, parameters=PARAMETERS, cold_start=functions.cold_start) as service,
    ):
        yield service


def test_the_first_administrator_is_invited_and_the_first_keys_are_made(stack: Stack, api: Api) -> None:
    (invitation,) = stack.mails(to=PARAMETERS["FirstAdminEmail"])
    assert invitation.links
    assert len(api.call("GET", "/.well-known/jwks.json").json()["keys"]) == 2


def test_a_bounce_shows_in_the_profile(stack: Stack, api: Api) -> None:
    email = new_email()
    signed_in = api.sign_up(email)
    assert stack.functions["FeedbackFunction"].invoke(bounce(email)) == {"marked": 1}
    assert api.me(signed_in["access_token"]).json()["mail_stopped"]["reason"] == "bounced"


def test_what_happened_is_on_the_event_bus(stack: Stack, api: Api) -> None:
    signed_in = api.sign_up()
    newest, *_ = stack.events("user.registered")
    assert newest["detail"]["user_id"] == signed_in["user"]["id"]


def test_what_the_schedules_send_is_taken(stack: Stack) -> None:
    for function in stack.template.functions.values():
        for schedule in function.schedules:
            assert stack.functions[function.logical_id].invoke(schedule.input) is not None


def test_every_module_is_compiled_once_for_lambdas_python() -> None:
    """Lambda can't write bytecode; and what another Python compiled, copied along, would only be carried about."""
    for build in THIS_MACHINE.glob("**/build"):
        expected = {path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in build.rglob("*.py")}
        assert set(build.rglob("*.pyc")) == expected


def test_layers_and_functions_lie_where_lambda_imports_them() -> None:
    for path in (
        "RuntimeLayer/python/jwt/__init__.py",
        "ApiLayer/python/fastapi/__init__.py",
        "VerifierLayer/python/gatepost_verifier/__init__.py",
        "CoreLayer/python/gatepost/__init__.py",
        "AccountFunction/functions/account/app.py",
        "AdminFunction/functions/admin/app.py",
        "MailerFunction/functions/mailer/app.py",
        "FeedbackFunction/functions/feedback/app.py",
        "EventsFunction/functions/events/app.py",
        "KeysFunction/functions/keys/app.py",
        "SetupFunction/functions/setup/app.py",
    ):
        assert (BUILD / path).is_file(), f"{path} is missing in {BUILD}"


def test_botocore_knows_the_services_used_alone() -> None:
    data = BUILD / "ApiLayer/python/botocore/data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == SERVICES


def test_every_package_keeps_its_licence() -> None:
    """They're what allows us to hand the packages on, as a layer does."""
    packages = [path for layer in ("RuntimeLayer", "ApiLayer") for path in (BUILD / layer / "python").glob("*.dist-info")]
    assert len(packages) > 25
    assert [path.name for path in packages if not _licences(path)] == []


def _licences(package: Path) -> list[Path]:
    return [
        path for path in package.rglob("*") if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "NOTICE"))
    ]
