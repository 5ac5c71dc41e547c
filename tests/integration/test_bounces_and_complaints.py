"""A mail that comes back for good, or is complained of, stops mail to its address; the account shows why; it ends by itself."""

import json

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.calls import recorded
from tests.emf import Counted
from tests.integration.accounts import User, forgot, mailed_change, mailed_reset, new_user, reset, verify
from tests.integration.logs import captured_logs
from tests.integration.ses_feedback import (
    CONFIGURATION_SET,
    EVENTS,
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
from tests.support import PASSWORD, Api, new_email

DAY = 86_400
UNTIL = {"bounced": "2026-12-07T12:00:00Z", "complained": "2027-11-23T12:00:00Z"}
LIFETIMES = {"bounced": 14 * DAY, "complained": 365 * DAY}
FEEDBACK = {"bounced": bounce, "complained": complaint}
WHO = "who@example.com"


@pytest.mark.parametrize("reason", FEEDBACK)
def test_mail_to_the_address_stops_and_the_account_shows_why(
    stack: Stack, clock: Traveller, logged: Counted, reason: str
) -> None:
    user = new_user(stack)
    assert mail_stopped(user) is None
    assert gets_mail(user)

    assert give(stack, FEEDBACK[reason](user.email)) == 1

    assert mail_stopped(user) == {"reason": reason, "at": "2026-11-23T12:00:00Z", "until": UNTIL[reason]}
    assert user.login().signed_in["user"]["mail_stopped"]["reason"] == reason
    logged()
    assert not gets_mail(user)
    assert logged() == ["MailStopped"]
    # Closed, as if it had been sent: nothing of it is kept, and no sweep finds it.
    assert not items(user.api, "OutboxTable", "attribute_exists(unsent)")
    assert clock


@pytest.mark.parametrize("reason", FEEDBACK)
def test_z14_the_trail_tells_once_with_nobody_who_did_it(stack: Stack, clock: Traveller, reason: str) -> None:
    user = new_user(stack)
    clock.shift(60)
    give(stack, FEEDBACK[reason](user.email))
    (event, *_) = user.trail()
    assert len(event["request_id"]) == 36  # of the function's call, by which its log is found
    expected = {
        "event": f"email.{reason}",
        "at": "2026-11-23T12:01:00.000Z",
        "ip": "",
        "user_agent": "Amazon SES",
        "result": "success",
        "reason": None,
    }
    assert event | expected == event
    (exported,) = [event for event in user.export()["security_events"] if event["event"] in EVENTS]
    assert exported["actor_id"] is None


@pytest.mark.parametrize(
    "event",
    [
        bounce(WHO, bounceType="Transient", bounceSubType="MailboxFull"),
        bounce(WHO, bounceType="Transient", bounceSubType="General"),
        bounce(WHO, bounceType="Undetermined", bounceSubType="Undetermined"),
        complaint(WHO, complaintFeedbackType="not-spam"),
        complaint(WHO, complaintFeedbackType="auth-failure"),
        bounce(WHO) | {"detail-type": "Email Delivered"},
        {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
        {},
    ],
)
def test_what_is_no_reason_to_stop_changes_nothing(stack: Stack, event: Event) -> None:
    """Mailbox full, out of office, a report that the mail is none to complain of, and what is not about bounces at all."""
    user = new_user(stack)
    filled = json.loads(json.dumps(event).replace(WHO, user.email))
    with recorded() as calls:
        assert give(stack, filled) == 0
    assert not calls
    assert mail_stopped(user) is None
    assert gets_mail(user)


@pytest.mark.parametrize("kind", ["Suppressed", "OnAccountSuppressionList", "NoEmail"])
def test_every_permanent_bounce_counts(stack: Stack, kind: str) -> None:
    """Also that of SES itself, which didn't even try."""
    user = new_user(stack)
    give(stack, bounce(user.email, bounceSubType=kind))
    assert mail_stopped(user)["reason"] == "bounced"


@pytest.mark.parametrize("reason", FEEDBACK)
def test_s17_it_ends_to_the_second_though_the_mark_is_still_there(stack: Stack, clock: Traveller, reason: str) -> None:
    user = new_user(stack)
    give(stack, FEEDBACK[reason](user.email))
    clock.shift(LIFETIMES[reason] - 1)
    user = user.login()
    assert mail_stopped(user)["until"] == UNTIL[reason]
    assert not gets_mail(user)
    clock.shift(1)
    assert mark_of(user.api, user.email)
    assert mail_stopped(user) is None
    assert gets_mail(user)


def test_an_address_without_an_account_is_marked_too(stack: Stack, clock: Traveller) -> None:
    """Its registration's mail came back. Nobody sees the event but who reads the table."""
    api, email = Api(stack), new_email()
    assert give(stack, bounce(email)) == 1
    assert api.register(email).status == 202
    assert not api.mails(email)
    assert events_of_address(api, email) == ["email.bounced"]
    clock.shift(14 * DAY)
    user = new_user(stack, email)
    assert mail_stopped(user) is None
    assert not told_events(user)


@pytest.mark.parametrize("reason", FEEDBACK)
def test_who_answers_the_mail_of_a_registration_gets_mail(stack: Stack, reason: str) -> None:
    """The mark is older than the account, whose owner has just shown that mail arrives; so the account has nothing to show."""
    api, email = Api(stack), new_email()
    api.register(email)
    token = api.mailed_token(email)
    give(stack, FEEDBACK[reason](email))
    user = User(api, email, PASSWORD, verify(api, token).json())
    assert mark_of(api, email) is None
    assert mail_stopped(user) is None
    assert gets_mail(user)


def test_a_change_of_address_leaves_it_behind(stack: Stack) -> None:
    """The old address stays marked; what SES says of it later is none of the account's."""
    user, email = new_user(stack), new_email()
    give(stack, bounce(user.email))
    assert verify(user.api, mailed_change(user, email)).status == 204
    moved = User(user.api, email, user.password, user.signed_in)
    assert mail_stopped(moved) is None
    assert gets_mail(moved)
    assert mark_of(user.api, user.email)

    give(stack, complaint(user.email))

    assert mail_stopped(moved) is None
    assert told_events(moved) == ["email.bounced"]
    assert events_of_address(user.api, user.email) == ["email.complained"]
    mails = len(user.api.mails(user.email))
    Api(stack).register(user.email)
    assert len(user.api.mails(user.email)) == mails


def test_a_new_address_that_was_complained_of_meanwhile_gets_mail_once_it_is_proven(stack: Stack) -> None:
    user, email = new_user(stack), new_email()
    token = mailed_change(user, email)
    give(stack, complaint(email))
    assert verify(user.api, token).status == 204
    moved = User(user.api, email, user.password, user.signed_in)
    assert mail_stopped(moved) is None
    assert gets_mail(moved)


def test_a_link_that_was_mailed_before_is_still_good(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    give(stack, bounce(user.email))
    assert reset(user.api, token).status == 204


def test_the_mark_stays_when_its_account_is_erased(stack: Stack) -> None:
    """It's the address that doesn't take mail, whoever has it."""
    user = new_user(stack)
    give(stack, complaint(user.email))
    mails = len(user.api.mails(user.email))
    assert user.erase().status == 204
    Api(stack).register(user.email)
    assert len(user.api.mails(user.email)) == mails


def test_mails_name_the_configuration_set_whose_events_come_here(stack: Stack) -> None:
    with recorded() as calls:
        new_user(stack)
    (sent,) = [call for call in calls if call.operation == "SendEmail"]
    assert sent.parameters["ConfigurationSetName"] == CONFIGURATION_SET


def test_no_line_of_the_log_names_the_address(stack: Stack) -> None:
    user = new_user(stack)
    with captured_logs() as lines:
        give(stack, bounce(user.email))
        give(stack, bounce(user.email, bounceType="Transient"))
        with pytest.raises(ValueError, match="not as SES documents it"):
            give(stack, bounce(user.email, feedbackId=None))
        forgot(user.api, user.email)
        stack.deliver()
    assert len(lines) >= 2
    assert user.email not in "\n".join(lines)
