"""Events of SES as they really come: twice, late, in any order, about several or strangely named recipients, or malformed."""

import copy
from typing import Any

import pytest
from time_machine import Traveller

from gatepost.errors import Unavailable
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import forgot, new_user
from tests.integration.aws_faults import always, broken, cancelled, faults, lost_answer, throttled, times
from tests.integration.ses_feedback import (
    Event,
    bounce,
    complaint,
    events_of_address,
    gets_mail,
    give,
    mail_stopped,
    mark_of,
    told_events,
)
from tests.integration.tables import items
from tests.support import Api, new_email

DAY = 86_400
UNTIL = {"bounced": "2026-12-07T12:00:00Z", "complained": "2027-11-23T12:00:00Z"}


def test_an_event_that_comes_three_times_counts_once(stack: Stack, clock: Traveller) -> None:
    """The copies change neither the end nor the trail, also where other feedback came between."""
    user = new_user(stack)
    event, other = bounce(user.email), bounce(user.email)
    for each in (event, event, other, event, other):
        give(stack, each)
        clock.shift(60)
    assert told_events(user) == ["email.bounced"] * 2
    assert mail_stopped(user) == {"reason": "bounced", "at": "2026-11-23T12:02:00Z", "until": "2026-12-07T12:02:00Z"}
    with recorded() as calls:
        give(stack, event)
    assert [call.operation for call in calls] == ["BatchGetItem"]


@pytest.mark.parametrize("complained_first", [True, False])
def test_whatever_comes_first_what_ends_last_counts(stack: Stack, clock: Traveller, complained_first: bool) -> None:
    assert clock
    user = new_user(stack)
    for event in (complaint, bounce) if complained_first else (bounce, complaint):
        give(stack, event(user.email))
    assert mail_stopped(user) == {"reason": "complained", "at": "2026-11-23T12:00:00Z", "until": UNTIL["complained"]}
    assert sorted(told_events(user)) == ["email.bounced", "email.complained"]
    mark = mark_of(user.api, user.email)
    assert mark is not None
    assert (mark["reason"], mark["expires_at"]) == ("complained", 1795435200 + 365 * DAY)


def test_a_mark_that_is_over_counts_for_nothing_beside_a_new_one(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    event = bounce(user.email)
    give(stack, event)
    clock.shift(14 * DAY)
    give(stack, event)  # a copy that is two weeks late, of what is known to be over
    user = user.login()
    assert mail_stopped(user) is None
    give(stack, bounce(user.email))
    assert mail_stopped(user) == {"reason": "bounced", "at": UNTIL["bounced"], "until": "2026-12-21T12:00:00Z"}


@pytest.mark.parametrize("kind", [bounce, complaint])
def test_each_of_several_recipients_is_marked_and_nobody_else(stack: Stack, kind: Any) -> None:
    users = [new_user(stack) for _ in range(4)]
    emails = [user.email for user in users]
    event = kind(*emails[:2], sent_to=emails[:3])
    assert give(stack, event) == 2
    assert give(stack, event) == 2
    assert [mail_stopped(user) is not None for user in users] == [True, True, False, False]
    assert [len(told_events(user)) for user in users] == [1, 1, 0, 0]


@pytest.mark.parametrize("form", ["Ada <{}>", '"Lovelace, Ada" <{}>', "<{}>", " {} ", "=?utf-8?q?=41da?= <{}>"])
@pytest.mark.parametrize("upper", [False, True])
def test_an_address_is_the_same_in_whatever_form_it_comes(stack: Stack, form: str, upper: bool) -> None:
    user, other = new_user(stack), new_user(stack)
    text = form.replace("{}", user.email.upper() if upper else user.email)
    assert give(stack, bounce(text, sent_to=[text])) == 1
    assert mail_stopped(user)["reason"] == "bounced"
    assert mail_stopped(other) is None


def test_a_plus_tag_is_another_address(stack: Stack) -> None:
    user = new_user(stack)
    give(stack, bounce(user.email.replace("@", "+tag@")))
    assert mail_stopped(user) is None


def test_a_report_can_stop_mail_to_no_address_that_we_did_not_write_to(stack: Stack) -> None:
    """Whose mail system sends the report chooses what stands in it: a forwarded mail's last address, or a victim's."""
    victim, attacker = new_user(stack), new_user(stack)
    for event in (bounce, complaint):
        assert give(stack, event(victim.email, sent_to=[attacker.email])) == 1
    assert mail_stopped(victim) is None
    assert mark_of(victim.api, victim.email) is None
    assert mail_stopped(attacker)
    two = [attacker.email, new_email()]
    assert give(stack, bounce(victim.email, sent_to=two)) == 0
    assert mark_of(victim.api, victim.email) is None


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b@example.com", "x" * 300 + "@example.com", "ada@", None, 7, {}, ["ada@example.com"]]
)
def test_a_recipient_that_is_no_address_holds_up_no_other(stack: Stack, text: Any) -> None:
    user = new_user(stack)
    event = bounce(user.email)
    event["detail"]["mail"]["destination"].insert(0, text)
    event["detail"]["bounce"]["bouncedRecipients"].insert(0, {"emailAddress": text})
    assert give(stack, event) == 1
    assert mail_stopped(user)["reason"] == "bounced"
    event["detail"]["mail"]["destination"] = [text]
    assert give(stack, event) == 0


def _malformed(event: Event) -> list[Event]:
    """The event with each member that is needed missing, or of another type."""
    needed: list[tuple[str, ...]] = [("detail",), ("detail", "mail"), ("detail", "mail", "destination")]
    needed += [
        ("detail", "bounce"),
        *(("detail", "bounce", name) for name in ("feedbackId", "bounceType", "bouncedRecipients")),
    ]
    found = []
    for *path, last in needed:
        for odd in (None, "x", 7):
            changed = copy.deepcopy(event)
            place = changed
            for name in path:
                place = place[name]
            if odd is None:
                del place[last]
            elif isinstance(place[last], str):
                place[last] = 7
            else:
                place[last] = odd
            found.append(changed)
    return found


def test_a_bounce_that_makes_no_sense_is_raised_and_changes_nothing(stack: Stack) -> None:
    """So that it ends among the dead letters after three tries, where an operator finds it."""
    user = new_user(stack)
    for event in _malformed(bounce(user.email)):
        with recorded() as calls, pytest.raises(ValueError, match="not as SES documents it"):
            give(stack, event)
        assert not calls
    complained = complaint(user.email)
    del complained["detail"]["complaint"]["complainedRecipients"]
    with pytest.raises(ValueError, match="not as SES documents it"):
        give(stack, complained)
    assert mail_stopped(user) is None


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("fault", [throttled, broken], ids=["throttled", "broken"])
@pytest.mark.parametrize("what", ["BatchGetItem", "TransactWriteItems"])
def test_r16_a_table_that_fails_raises_and_the_next_try_heals(stack: Stack, what: str, fault: Any, known: bool) -> None:
    """Lambda tries again; nothing was half done, and it counts once."""
    api, email = Api(stack), new_email()
    user = new_user(stack, email) if known else None
    event = bounce(email)
    with faults(always(what, fault)), pytest.raises(Unavailable):
        give(stack, event)
    assert mark_of(api, email) is None
    assert user is None or mail_stopped(user) is None
    for _ in range(2):
        assert give(stack, event) == 1
    assert (told_events(user) if user else events_of_address(api, email)) == ["email.bounced"]


def test_r07_an_answer_that_is_lost_counts_once(stack: Stack) -> None:
    user = new_user(stack)
    with faults(times(1, "TransactWriteItems", lost_answer)):
        assert give(stack, bounce(user.email)) == 1
    assert told_events(user) == ["email.bounced"]


def test_conflicts_that_never_end_are_raised(stack: Stack) -> None:
    user = new_user(stack)
    with faults(always("TransactWriteItems", cancelled("ConditionalCheckFailed", "None", "None"))), pytest.raises(Unavailable):
        give(stack, bounce(user.email))
    assert mail_stopped(user) is None


@pytest.mark.parametrize("stopped", [True, False])
def test_r19_a_mark_that_cannot_be_read_keeps_the_mail(stack: Stack, clock: Traveller, stopped: bool) -> None:
    """Nothing is sent on a guess and nothing forgotten: the sweep finds it, and then it's known."""
    user = new_user(stack)
    if stopped:
        give(stack, bounce(user.email))
    stack.deliver()
    mails = len(user.api.mails(user.email))
    with faults(always("GetItem SUPPRESSED", throttled)):
        forgot(user.api, user.email)
        stack.deliver()
        clock.shift(301)
        with pytest.raises(ExceptionGroup, match="1 mails could not be sent"):
            stack.functions["MailerFunction"].invoke({"gatepost": "sweep"})
    assert len(items(user.api, "OutboxTable", "attribute_exists(unsent)")) == 1
    stack.functions["MailerFunction"].invoke({"gatepost": "sweep"})
    assert len(user.api.mails(user.email)) == mails + (not stopped)
    assert gets_mail(user) is not stopped


def test_mail_to_one_address_stops_and_the_others_of_its_batch_are_sent(stack: Stack) -> None:
    stopped, others = new_user(stack), [new_user(stack) for _ in range(3)]
    give(stack, bounce(stopped.email))
    stack.deliver()
    before = [len(user.api.mails(user.email)) for user in (stopped, *others)]
    for user in (others[0], stopped, *others[1:]):
        forgot(user.api, user.email)
    stack.deliver()
    assert [len(user.api.mails(user.email)) for user in (stopped, *others)] == [before[0], *(count + 1 for count in before[1:])]
