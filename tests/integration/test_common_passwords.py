"""Passwords that are tried first are refused wherever one is set, and what knows them loads nowhere else (I-15)."""

import string
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from local.events import Response
from local.stack import Stack
from tests.calls import hashed
from tests.integration.accounts import mailed_reset, new_user, reset
from tests.support import PASSWORD, ROOT, SHARED, Api, new_email, problem

LIST = SHARED / "security" / "lists" / "passwords_10m_top100k.txt"
# Where the shared folder is not at hand.
_A_FEW = [
    "password",
    "baseball",
    "football",
    "qwertyuiop",
    "superman",
    "jennifer",
    "sunshine",
    "iloveyou",
    "starwars",
    "computer",
    "michelle",
    "princess",
]
AROUND = string.digits + string.punctuation

Door = Callable[[str], Response]


def all_common() -> list[str]:
    return LIST.read_text("utf-8").splitlines() if LIST.exists() else _A_FEW


def most_common() -> list[str]:
    """Return the first 3,000 entries that are long enough to be a password elsewhere (ASVS 6.2.4)."""
    return [entry for entry in all_common() if len(entry) >= 8][:3000]


def padded(entry: str) -> str:
    """Return `entry` with digits and punctuation on both sides, 12 characters long at least."""
    return f"{'1!'[: 1 + len(entry) % 2]}{entry}{'2026!!#'[: max(2, 11 - len(entry))]}"


def hidden() -> Iterator[str]:
    """Yield what is 12 characters long only by digits and punctuation around an entry of the list."""
    known = {entry.casefold() for entry in all_common()}
    for entry in most_common():
        # What is digits itself is no longer there when digits are taken off, and so is no entry.
        if entry.casefold().strip(AROUND) in known:
            yield padded(entry)


def doors(stack: Stack) -> dict[str, tuple[str, Door]]:
    """Return the member that each way to set a password takes it in, and the way itself."""
    user, email = new_user(stack), new_email()
    token = mailed_reset(user.api, user.email)
    return {
        "register": ("password", lambda password: Api(stack).register(email, password)),
        "change": ("new_password", lambda password: user.change_password(PASSWORD, password)),
        "reset": ("new_password", lambda password: reset(user.api, token, password)),
    }


def reason(answer: Response, member: str) -> str:
    """Return why `member` was refused, having checked that it was."""
    assert problem(answer) == (422, "invalid_request")
    ((error),) = answer.json()["errors"]
    assert error["field"] == member
    return str(error["message"])


def test_i15_the_most_common_passwords_are_refused_as_they_are(stack: Stack) -> None:
    member, register = doors(stack)["register"]
    reasons = {reason(register(entry), member) for entry in most_common()}
    assert len(reasons) == (2 if LIST.exists() else 1)  # most are too short as well


@pytest.mark.parametrize("door", ["register", "change", "reset"])
def test_i15_the_most_common_passwords_are_refused_with_digits_and_punctuation_around(stack: Stack, door: str) -> None:
    member, send = doors(stack)[door]
    hiding = list(hidden())
    assert len(hiding) > 1500 or not LIST.exists()
    assert all(len(password) >= 12 for password in hiding)
    # All of them where it costs least, one in ten at the other doors.
    with hashed() as hashes:
        reasons = {reason(send(password), member) for password in (hiding if door == "register" else hiding[::10])}
    assert reasons == {"is among the most common ones, which are tried first: choose another"}
    assert not hashes


@pytest.mark.parametrize("door", ["register", "change", "reset"])
@pytest.mark.parametrize(
    "password",
    [
        *("password12345", "PASSWORD12345", "PassWord!!!!!", "!!password!!", "00000password", "password.....", "~password~~~~"),
        *("123456789012", "qwertyuiop[]", "QwertyUiop[]", "1234567890password", "password1234567890", "Football2026"),
        *("\u017funshine2026", "\ufb01refighter123"),
    ],
)
def test_i15_case_and_what_stands_around_make_no_difference(stack: Stack, door: str, password: str) -> None:
    member, send = doors(stack)[door]
    assert "common" in reason(send(password), member)


@pytest.mark.parametrize("door", ["register", "change", "reset"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text,
        lambda text: text.upper(),
        lambda text: text.title(),
        lambda text: f"{text}2026!",
        lambda text: f"!!{text.upper()}!!",
        lambda text: f"1{text}",
    ],
)
def test_i15_the_local_part_and_the_address_are_refused(stack: Stack, door: str, spoil: Callable[[str], str]) -> None:
    local = f"ada.lovelace.{new_email()[5:17]}.x"
    email = f"{local}@example.com"
    user = new_user(stack, email)
    token = mailed_reset(user.api, email)
    send: dict[str, tuple[str, Door]] = {
        "register": ("password", lambda password: Api(stack).register(email, password)),
        "change": ("new_password", lambda password: user.change_password(PASSWORD, password)),
        "reset": ("new_password", lambda password: reset(user.api, token, password)),
    }
    member, set_password = send[door]
    for own in (local, email):
        assert "address" in reason(set_password(spoil(own)), member)
    assert reset(user.api, token, f"{local} and more").status == 204  # it may stand within


@pytest.mark.parametrize("door", ["register", "change", "reset"])
@pytest.mark.parametrize("password", ["gatepost1234", "GATEPOST1234", "GatePost-2026", "1234gatepost", "...Gatepost!"])
def test_i15_the_name_of_the_service_is_refused(stack: Stack, door: str, password: str) -> None:
    member, send = doors(stack)[door]
    assert "service" in reason(send(password), member)


@pytest.mark.parametrize("door", ["register", "change", "reset"])
@pytest.mark.parametrize(
    "password",
    ["password of a horse", "my gatepost is green", "the sunshine state", "passwordpasswordx", "correcthorsebattery"],
)
def test_i15_containing_a_common_word_is_allowed(stack: Stack, door: str, password: str) -> None:
    _, send = doors(stack)[door]
    assert send(password).status in (202, 204)


def test_i15_a_sign_in_is_not_told_what_a_password_may_be(stack: Stack) -> None:
    """The policy is for new ones; whoever has an old one signs in with it."""
    user = new_user(stack)
    for password in ("password", "x", "!!password!!"):
        assert problem(user.api.login(user.email, password)) == (401, "invalid_credentials")


_FRESH_PROCESS = """
import sys
from local.aws import embedded_aws
from local.stack import Stack
from tests.support import PARAMETERS, ROOT, Api, new_email

def loaded():
    return "gatepost.credentials.common_passwords" in sys.modules

with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS) as stack:
    api = Api(stack)
    assert "functions.account.app" in sys.modules
    assert not loaded(), "by importing the function"
    assert api.login(new_email()).status == 401
    assert api.post("/password/forgot", {"email": new_email()}).status == 202
    assert api.refresh("x").status == 401
    assert api.me("x").status == 401
    assert api.call("GET", "/.well-known/jwks.json").status == 200
    assert api.post("/verify-email", {"token": "x", "password": "x"}).status == 400
    assert not loaded(), "by a call that sets no password"
    assert api.register(new_email(), "!!password!!").status == 422
    assert loaded()
"""


def test_i15_what_knows_the_common_ones_is_loaded_only_where_a_password_is_set() -> None:
    """In a process of its own: half a megabyte that no other cold start reads."""
    path = [".", "layers/core/python", "layers/verifier/python"]
    program = f"import sys; sys.path[:0] = {path}\n{_FRESH_PROCESS}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
