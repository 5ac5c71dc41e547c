"""Limits on guesses: an account's and a client address's, over all doors (I-05, I-19, A-10, A-11)."""

from collections.abc import Callable

import pytest
from time_machine import Traveller

from local.events import Response
from tests.calls import failing
from tests.integration.tables import items
from tests.support import PASSWORD, Api, new_email, problem

WRONG = "not the password of anybody"
QUARTER = 900
LIMITED = (429, "too_many_requests")
REFUSED = (401, "invalid_credentials")


def fail(api: Api, email: str, times: int) -> None:
    """Guess wrong `times` times, each from a client address of its own."""
    for _ in range(times):
        assert problem(Api(api.stack).login(email, WRONG)) == REFUSED


def retry_after(answer: Response) -> int:
    assert problem(answer) == LIMITED
    return int(answer.header("retry-after") or "")


def test_i05_after_ten_failures_an_account_is_limited_for_its_own_password_too(api: Api) -> None:
    email = new_email()
    token = api.sign_up(email)["access_token"]
    fail(api, email, 10)
    for password in (WRONG, PASSWORD):
        assert retry_after(Api(api.stack).login(email, password)) >= 60
    assert api.me(token).status == 200  # who is signed in stays so


def test_i05_the_window_slides_to_the_second(api: Api, clock: Traveller) -> None:
    """Of ten failures, a second apart, each counts for 15 minutes."""
    email = new_email()
    api.sign_up(email)
    for _ in range(10):
        fail(api, email, 1)
        clock.shift(1)
    assert retry_after(api.login(email)) == QUARTER - 10
    clock.shift(QUARTER - 11)
    assert retry_after(api.login(email)) == 1
    clock.shift(1)
    assert api.login(email).status == 200
    fail(api, email, 1)  # the second of the ten counts still, and this is the tenth again
    assert problem(api.login(email)) == LIMITED


def test_i05_a_limit_holds_for_at_least_60_seconds(api: Api, clock: Traveller) -> None:
    """Though the first of the ten failures leaves its window a second after the last."""
    email = new_email()
    api.sign_up(email)
    fail(api, email, 9)
    clock.shift(QUARTER - 1)
    fail(api, email, 1)
    assert retry_after(api.login(email)) == 60
    clock.shift(59)
    assert retry_after(api.login(email)) == 1
    clock.shift(1)
    assert api.login(email).status == 200


def test_i05_failures_that_have_left_the_window_limit_nobody(api: Api, clock: Traveller) -> None:
    """Nine failures yesterday and one today are one in 15 minutes."""
    email = new_email()
    api.sign_up(email)
    fail(api, email, 9)
    clock.shift(86_400)
    fail(api, email, 1)
    assert api.login(email).status == 200


def test_i05_failures_count_anew_after_the_window(api: Api, clock: Traveller) -> None:
    email = new_email()
    fail(api, email, 10)
    clock.shift(QUARTER)
    fail(api, email, 10)
    assert problem(api.login(email)) == LIMITED


def test_i05_what_is_refused_by_the_limit_does_not_count(api: Api, clock: Traveller) -> None:
    """Neither for the account nor for the client."""
    email, other = new_email(), new_email()
    api.sign_up(email)
    api.sign_up(other)
    fail(api, email, 10)
    for _ in range(60):
        assert problem(api.login(email, WRONG)) == LIMITED
    assert api.login(other).status == 200
    clock.shift(QUARTER)
    assert api.login(email).status == 200


def test_i05_a_good_sign_in_is_not_counted_and_takes_back_nothing_else(api: Api) -> None:
    email = new_email()
    api.sign_up(email)
    fail(api, email, 9)
    for _ in range(3):
        assert api.login(email).status == 200
    fail(api, email, 1)
    assert problem(api.login(email)) == LIMITED


def test_i05_i18_a_good_sign_in_of_the_attackers_own_account_frees_no_other(api: Api) -> None:
    victim, own, attacker = new_email(), new_email(), Api(api.stack)
    api.sign_up(victim)
    attacker.sign_up(own)
    for _ in range(10):
        assert problem(attacker.login(victim, WRONG)) == REFUSED
        assert attacker.login(own).status == 200
    assert problem(attacker.login(victim)) == LIMITED


def test_i05_the_limit_counts_over_all_doors(api: Api) -> None:
    """Of the sign-in and of the verification, whose token outlives it."""
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    fail(api, email, 5)
    for _ in range(5):
        refused = Api(api.stack).post("/verify-email", {"token": token, "password": WRONG})
        assert problem(refused) == REFUSED
    assert problem(api.login(email)) == LIMITED
    assert problem(api.post("/verify-email", {"token": token, "password": PASSWORD})) == LIMITED


def test_i05_a_verification_works_once_the_limit_is_over(api: Api, clock: Traveller) -> None:
    email = new_email()
    api.register(email)
    fail(api, email, 10)
    body = {"token": api.mailed_token(email), "password": PASSWORD}
    assert problem(api.post("/verify-email", body)) == LIMITED
    clock.shift(QUARTER)
    assert api.post("/verify-email", body).status == 200


def test_i05_an_invalid_token_counts_as_no_guess(api: Api) -> None:
    """Who knows an address can make up a token for it, and would keep its owner out."""
    email = new_email()
    api.sign_up(email)
    used = api.mailed_token(email)
    for _ in range(12):
        assert problem(api.post("/verify-email", {"token": used, "password": WRONG})) == (400, "invalid_token")
    assert api.login(email).status == 200


@pytest.mark.parametrize("other", ["MIKE{}@EXAMPLE.COM", "Mike{}@example.com", "mike{}@ex\uff41mple.com"])
def test_i05_i19_all_spellings_of_an_address_share_the_limit(api: Api, other: str) -> None:
    unique = new_email().partition("@")[0]
    email, other = f"mike{unique}@example.com", other.replace("{}", unique)
    fail(api, email, 5)
    fail(api, other, 5)
    assert [problem(api.login(spelling)) for spelling in (email, other)] == [LIMITED, LIMITED]


def test_i05_i19_another_plus_tag_is_another_account(api: Api) -> None:
    email = new_email()
    tagged = email.replace("@", "+tag@")
    api.sign_up(tagged)
    fail(api, email, 10)
    assert api.login(tagged).status == 200


CLIENTS: dict[str, tuple[Callable[[int], str], str, str]] = {
    "an IPv4 address": (lambda _: "192.0.2.1", "192.0.2.1", "192.0.2.2"),
    "a /64 of IPv6": (lambda number: f"2001:db8:0:5:{number:x}::{number:x}", "2001:db8:0:5:ffff::", "2001:db8:0:6::1"),
}


@pytest.mark.parametrize("case", CLIENTS)
def test_i05_a11_after_50_failures_a_client_is_limited_on_every_account(api: Api, case: str) -> None:
    """By its IPv4 address or the /64 network of its IPv6 address; another client is not."""
    spelling, same, other = CLIENTS[case]
    email = new_email()
    api.sign_up(email)
    for number in range(50):
        assert problem(Api(api.stack, spelling(number)).login(new_email(), WRONG)) == REFUSED
    for address in (email, new_email()):
        assert retry_after(Api(api.stack, same).login(address)) >= 60
    assert Api(api.stack, other).login(email).status == 200


def test_i05_a10_no_header_makes_another_client(api: Api) -> None:
    attacker = Api(api.stack)
    names = ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip"]
    for number in range(50):
        headers = dict.fromkeys(names, f"198.51.100.{number}") | {"forwarded": f"for=198.51.100.{number}"}
        body = {"email": new_email(), "password": WRONG}
        assert problem(attacker.post("/login", body, headers=headers)) == REFUSED
    answer = attacker.post("/login", {"email": new_email(), "password": WRONG}, headers={"x-forwarded-for": "203.0.113.1"})
    assert problem(answer) == LIMITED
    claimed = "begins_with(ip, :one) OR begins_with(ip, :other)"
    assert not items(api, "AuditTable", claimed, one="198.51.100.", other="203.0.113.")


def test_a_client_that_has_registered_60_times_in_an_hour_waits(api: Api, clock: Traveller) -> None:
    email = new_email()
    assert [api.register(new_email()).status for _ in range(60)] == [202] * 60
    assert retry_after(api.register(email)) == 3600
    assert not api.mails(email)
    clock.shift(3600)
    assert api.register(email).status == 202
    assert len(api.mails(email)) == 1


def test_i05_r30_a_wrong_password_counts_though_its_event_can_not_be_written(api: Api) -> None:
    """The guess was made and judged: were it taken back, the limit would be none as long as the trail fails."""
    email = new_email()
    api.sign_up(email)
    for _ in range(10):
        with failing("PutItem"):
            assert problem(api.login(email, WRONG)) == (503, "temporarily_unavailable")
    assert problem(api.login(email)) == LIMITED


def test_i21_a_verification_that_fails_for_a_fault_of_ours_is_no_failed_guess(api: Api) -> None:
    email = new_email()
    api.register(email)
    body = {"token": api.mailed_token(email), "password": PASSWORD}
    for _ in range(12):
        with failing("GetItem", "BatchGetItem"):
            assert problem(api.post("/verify-email", body)) == (503, "temporarily_unavailable")
    assert api.post("/verify-email", body).status == 200
