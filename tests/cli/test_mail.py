"""`gatepost mail`: where mail has stopped, and letting it go there again."""

import pytest

from gatepost.audit import Event
from tests.cli.support import Operator
from tests.integration.accounts import User, new_user
from tests.integration.ses_feedback import bounce, complaint, events_of_address, gets_mail, give, mail_stopped
from tests.support import Api, new_email


@pytest.fixture
def ada(operator: Operator) -> User:
    """A user whose mail has bounced."""
    user = new_user(operator.stack)
    give(operator.stack, bounce(user.email))
    return user


def test_mail_goes_again_and_stops_again_by_the_next_bounce(operator: Operator, ada: User) -> None:
    assert operator.run("mail", "show", ada.email).stdout.startswith("Mail has stopped: bounced at")
    assert operator.json("mail", "show", ada.email)["mail_stopped"]["reason"] == "bounced"
    assert not gets_mail(ada)

    assert operator.json("mail", "resume", ada.email.upper()) == {"resumed": 1}
    assert operator.json("mail", "show", ada.email) == {"mail_stopped": None}
    assert operator.run("mail", "show", ada.email).stdout == "Mail goes there.\n"
    assert mail_stopped(ada) is None
    assert gets_mail(ada)
    (event,) = [event for event in operator.events(Event.EMAIL_RESUMED) if event["user_id"] == ada.id]
    assert (event["pk"], event["result"]) == (f"USER#{ada.id}", "success")
    (seen,) = [event for event in ada.trail() if event["event"] == Event.EMAIL_RESUMED]
    assert seen["result"] == "success"

    assert operator.refusal("mail", "resume", ada.email) == "Mail to this address hasn't stopped."
    give(operator.stack, bounce(ada.email))
    assert not gets_mail(ada)


def test_an_address_without_an_account_has_its_mark_and_its_event(operator: Operator) -> None:
    email = new_email()
    give(operator.stack, bounce(email))
    operator.run("mail", "resume", email)
    assert operator.json("mail", "show", email) == {"mail_stopped": None}
    assert events_of_address(Api(operator.stack), email) == ["email.bounced"]
    assert len([event for event in operator.events(Event.EMAIL_RESUMED) if "user_id" not in event]) == 1


def test_who_has_complained_is_asked_about(operator: Operator) -> None:
    user = new_user(operator.stack)
    give(operator.stack, complaint(user.email))
    assert "marked our mail as spam" in operator.run("mail", "resume", user.email, typed="n\n", code=1).stderr
    assert not gets_mail(user)
    operator.run("mail", "resume", user.email, "--yes")
    assert gets_mail(user)


def test_after_an_outage_all_who_bounced_meanwhile_get_mail_again(operator: Operator) -> None:
    users = [new_user(operator.stack) for _ in range(2)]
    other, spam = new_user(operator.stack, email=f"who@{users[0].id}.example"), new_user(operator.stack)
    for user in (*users, other):
        give(operator.stack, bounce(user.email))
        give(operator.stack, bounce(user.email))
    give(operator.stack, complaint(spam.email))
    domain = ("--domain", other.email.partition("@")[2])
    assert operator.json("mail", "resume", "--bounced-since", "1h", *domain, "--yes") == {"resumed": 1}
    assert gets_mail(other)
    assert not gets_mail(users[0])
    refused = operator.run("mail", "resume", "--bounced-since", "1h", typed="n\n", code=1)
    assert "addresses of the local stack" in refused.stderr
    assert operator.json("mail", "resume", "--bounced-since", "1h", "--yes")["resumed"] >= 2
    assert [gets_mail(user) for user in (*users, spam)] == [True, True, False]
    assert operator.refusal("mail", "resume", "--bounced-since", "1h", "--yes") == "There is none."


def test_what_is_meant_has_to_be_said(operator: Operator) -> None:
    for arguments in ((), ("ada@example.com", "--bounced-since", "1h")):
        assert "either an ADDRESS or --bounced-since" in operator.refusal("mail", "resume", *arguments, code=2)
    assert "e-mail address" in operator.refusal("mail", "show", "ada", code=2)
