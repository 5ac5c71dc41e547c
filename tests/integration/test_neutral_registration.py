"""Registering and asking for the mail again tell nobody whether an address is known: not by the answer, and not by the work
it was (I-04).
"""

import secrets
from collections.abc import Callable

import pytest

from local.events import Response
from tests.calls import Work, measured
from tests.integration.limited import client_that_registered_too_often
from tests.support import PASSWORD, Api, problem

# As long as they may be, and of what takes most bytes.
LONG_NAME = "\U0001f600" * 100
OF_THE_REQUEST = {"x-request-id", "apigw-requestid"}


def short_address() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def long_address() -> str:
    return f"{secrets.token_hex(6)}{'x' * 52}@{'.'.join(['y' * 60] * 3)}.org"


def unknown(api: Api, email: str, name: str | None) -> None:
    """Nothing was ever done with the address."""


def pending(api: Api, email: str, name: str | None) -> None:
    """The address waits to be verified."""
    assert Api(api.stack).register(email, **({"name": name} if name else {})).status == 202


def pending_and_mailed_again(api: Api, email: str, name: str | None) -> None:
    pending(api, email, name)
    for _ in range(3):
        assert Api(api.stack).post("/resend-verification", {"email": email}).status == 202


def known(api: Api, email: str, name: str | None) -> None:
    """The address has an account."""
    Api(api.stack).sign_up(email, **({"name": name} if name else {}))


def muted(api: Api, email: str, name: str | None) -> None:
    """The address has got as many mails as it may in an hour, and waits to be verified."""
    for _ in range(5):
        pending(api, email, name)


def muted_known(api: Api, email: str, name: str | None) -> None:
    """The address has got as many mails as it may in an hour, and has an account."""
    known(api, email, name)
    for _ in range(4):
        pending(api, email, name)


States = Callable[[Api, str, str | None], None]
SIZES: dict[str, tuple[Callable[[], str], str | None]] = {
    "small": (short_address, None),
    "as large as can be": (long_address, LONG_NAME),
}


def seen(answer: Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status, {name: value for name, value in answer.headers if name not in OF_THE_REQUEST}, answer.body


def warmed_up(api: Api) -> None:
    """Make the service's data key of the hour, which whoever comes first has to wait for."""
    assert Api(api.stack).register(short_address()).status == 202


def registering(api: Api, state: States, address: Callable[[], str], name: str | None) -> tuple[Response, Work]:
    warmed_up(api)
    email = address()
    state(api, email, name)
    more = {} if name is None else {"name": name}
    return measured(lambda: Api(api.stack).register(email, PASSWORD, **more))


def asking_again(api: Api, state: States, address: Callable[[], str], name: str | None) -> tuple[Response, Work]:
    warmed_up(api)
    email = address()
    state(api, email, name)
    return measured(lambda: Api(api.stack).post("/resend-verification", {"email": email}))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", [pending, known])
def test_i04_registering_is_the_same_answer_for_the_same_work(api: Api, state: States, size: str) -> None:
    """The same calls with the same capacity on the same tables, and one hash made, however long address and name are."""
    answer, work = registering(api, state, *SIZES[size])
    other_answer, other_work = registering(api, unknown, *SIZES[size])
    assert seen(answer) == seen(other_answer)
    assert (answer.status, answer.json()) == (202, {"status": "verification_required"})
    assert work == other_work
    assert work[1] == ("hash $argon2id$v=19$m=19456,t=2,p=1",)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", [pending, pending_and_mailed_again, known])
def test_i04_asking_again_is_the_same_answer_for_the_same_work(api: Api, state: States, size: str) -> None:
    """Whatever was given with the registration."""
    answer, work = asking_again(api, state, *SIZES[size])
    other_answer, other_work = asking_again(api, unknown, *SIZES[size])
    assert seen(answer) == seen(other_answer)
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})
    assert work == other_work
    assert work[1] == ()


def test_i04_what_is_muted_is_the_same_answer_for_the_same_work(api: Api) -> None:
    """For an address that has an account and one that has none, and as if it were not muted."""
    for request in (registering, asking_again):
        (answer, work), (other_answer, other_work) = (
            request(api, state, short_address, None) for state in (muted, muted_known)
        )
        assert seen(answer) == seen(other_answer) == seen(request(api, unknown, short_address, None)[0])
        assert work == other_work


@pytest.mark.parametrize("state", [unknown, pending, known])
def test_i04_a_client_that_registers_too_often_is_told_so_whatever_the_address(api: Api, state: States) -> None:
    email = short_address()
    state(api, email, None)
    mails = len(api.mails(email))
    limited = client_that_registered_too_often(api.stack)
    (answer, work), (other_answer, other_work) = (
        measured(lambda: limited.register(address, PASSWORD))  # noqa: B023
        for address in (email, short_address())
    )
    assert problem(answer) == (429, "too_many_requests")
    assert int(answer.header("retry-after") or 0) >= 60
    assert (answer.status, answer.json()["code"], work) == (other_answer.status, other_answer.json()["code"], other_work)
    assert len(api.mails(email)) == mails
