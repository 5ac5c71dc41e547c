"""Limits, on the table itself: what is counted, for how long, and that the SDK's own retry counts nothing twice."""

import secrets
from collections.abc import Callable

import pytest
from time_machine import Traveller

from gatepost import limits
from gatepost.aws.clients import client
from gatepost.errors import RateLimited, Unavailable
from gatepost.limits import Limit, Reservation
from gatepost.storage.table import Database
from tests.integration.aws_faults import faults, lost_answer, times
from tests.integration.tables import items
from tests.support import Api

COUNT = "UpdateItem LIMIT#test ADD"
Reserve = Callable[[], Reservation]


class Counter:
    """A limit of 3 in 100 seconds for a subject of its own."""

    def __init__(self, api: Api) -> None:
        self.db, self.table = Database(client("dynamodb")), api.table_name("SessionsTable")
        self.limit, self.subject = Limit("test", 3, 100), secrets.token_hex(8)

    def reserve(self) -> Reservation:
        return limits.reserve(self.db, self.table, self.limit, self.subject)

    def take_back(self, reservation: Reservation) -> None:
        limits.take_back(self.db, self.table, reservation)

    def ask(self, *wanted: Limit) -> list[Reservation | RateLimited]:
        """Ask several limits of the subject side by side."""
        _, outcomes = limits.ask(self.db, self.table, *((limit, self.subject) for limit in wanted), beside=lambda: None)
        return outcomes

    def retry_after(self) -> int:
        with pytest.raises(RateLimited) as refusal:
            self.reserve()
        return refusal.value.retry_after


@pytest.fixture
def counter(api: Api, clock: Traveller) -> Counter:
    """Made once time stands still."""
    assert clock
    return Counter(api)


def test_a_limit_allows_exactly_what_it_says(counter: Counter) -> None:
    for _ in range(3):
        counter.reserve()
    assert counter.retry_after() == 100


def test_each_subject_and_each_kind_has_a_count_of_its_own(counter: Counter) -> None:
    for _ in range(3):
        counter.reserve()
    limits.reserve(counter.db, counter.table, counter.limit, secrets.token_hex(8))
    limits.reserve(counter.db, counter.table, Limit("other", 3, 100), counter.subject)
    assert counter.retry_after() == 100


def test_what_was_counted_leaves_the_window_to_the_second(counter: Counter, clock: Traveller) -> None:
    for _ in range(3):
        counter.reserve()
        clock.shift(10)
    assert counter.retry_after() == 70
    clock.shift(69)
    assert counter.retry_after() == 1
    clock.shift(1)
    counter.reserve()
    assert counter.retry_after() == 60  # the next would leave in 10 seconds, but a limit holds for at least 60


def test_a_refusal_counts_nothing(counter: Counter, clock: Traveller) -> None:
    for _ in range(3):
        counter.reserve()
    for left in (90, 80, 70, 60, 50):
        clock.shift(10)
        assert counter.retry_after() == left
    clock.shift(50)
    assert counter.reserve()


def test_what_has_left_the_window_does_not_make_the_limit_hold(counter: Counter, clock: Traveller) -> None:
    """Two long ago and one now are one in the window: two more are allowed."""
    for _ in range(2):
        counter.reserve()
    clock.shift(100)
    for _ in range(3):
        counter.reserve()
    assert counter.retry_after() == 100


def test_what_is_taken_back_does_not_count(counter: Counter) -> None:
    reservations = [counter.reserve() for _ in range(3)]
    counter.take_back(reservations[1])
    counter.take_back(reservations[1])  # once more changes nothing
    counter.reserve()
    assert counter.retry_after() == 100


def test_a_count_is_forgotten_when_all_is_taken_back(counter: Counter) -> None:
    for _ in range(10):
        counter.take_back(counter.reserve())
    assert [counter.reserve() for _ in range(3)]


def test_all_or_none_takes_back_what_was_reserved_with_what_was_refused(counter: Counter, clock: Traveller) -> None:
    short = Limit("short", 1, 70)
    assert len(limits.all_or_none(counter.db, counter.table, counter.ask(counter.limit, short))) == 2
    counter.reserve()
    for _ in range(3):
        with pytest.raises(RateLimited) as refusal:
            limits.all_or_none(counter.db, counter.table, counter.ask(counter.limit, short))
        assert refusal.value.retry_after == 70
    counter.reserve()
    clock.shift(35)
    with pytest.raises(RateLimited) as refusal:
        limits.all_or_none(counter.db, counter.table, counter.ask(counter.limit, short))
    assert refusal.value.retry_after == 65  # the longer of 65 and 35


def test_i21_what_is_asked_beside_something_that_fails_is_not_counted(counter: Counter) -> None:
    def fail() -> None:
        raise Unavailable

    for _ in range(5):
        with pytest.raises(Unavailable):
            limits.ask(counter.db, counter.table, (counter.limit, counter.subject), beside=fail)
    for _ in range(3):
        counter.reserve()
    assert counter.retry_after() == 100


def test_f3_an_answer_that_was_lost_counts_once(counter: Counter) -> None:
    with faults(times(1, COUNT, lost_answer)) as calls:
        counter.reserve()
    assert [call.what for call in calls] == [COUNT, COUNT]
    for _ in range(2):
        counter.reserve()
    assert counter.retry_after() == 100


def test_f3_an_answer_that_was_lost_for_the_last_one_allowed_is_no_refusal(counter: Counter) -> None:
    for _ in range(2):
        counter.reserve()
    with faults(times(1, COUNT, lost_answer)):
        counter.reserve()
    assert counter.retry_after() == 100


def test_f3_a_refund_whose_answer_was_lost_is_one_refund(counter: Counter) -> None:
    reservations = [counter.reserve() for _ in range(3)]
    with faults(times(1, "UpdateItem LIMIT#test DELETE", lost_answer)) as calls:
        counter.take_back(reservations[0])
    assert len(calls) == 2
    counter.reserve()
    assert counter.retry_after() == 100


def test_a_count_is_kept_as_long_as_it_counts(counter: Counter, api: Api, clock: Traveller) -> None:
    counter.reserve()
    now = clock.time_ns() // 10**9
    (item,) = items(api, "SessionsTable", "pk = :pk", pk=f"LIMIT#test#{counter.subject}")
    assert item["expires_at"] >= now + 100


@pytest.mark.parametrize(
    ("ip", "subject"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:0201", "192.0.2.1"),
        ("::1", "::/64"),
    ],
)
def test_a11_a_client_is_its_ipv4_address_or_the_network_of_its_ipv6_address(ip: str, subject: str) -> None:
    assert limits.client_address(ip) == subject


def test_i19_an_account_is_a_digest_and_no_text_of_a_user(api: Api) -> None:
    email = f"visible-{secrets.token_hex(6)}@example.com"
    api.login(email, "whatever it is")
    assert not items(api, "SessionsTable", "contains(pk, :text)", text="visible")
