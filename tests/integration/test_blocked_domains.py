"""A deployment may block domains, such as those of throw-away mailboxes: by the domain that mail would go to (I-22)."""

import pytest

from local.stack import Stack
from tests.integration.accounts import deployed_with, new_user, start_code
from tests.support import PASSWORD, Api, new_email, problem

REFUSED = (422, "invalid_request")
POLICY = "Mailinator.com, bücher.example"


@pytest.mark.parametrize(
    "domain",
    [
        "mailinator.com",
        "MAILINATOR.COM",
        "eu.mailinator.com",
        "a.b.mailinator.com",
        "bücher.example",
        "BÜCHER.example",
        "xn--bcher-kva.example",
        "sub.xn--bcher-kva.example",
        "ⓜailinator.com",
    ],
)
def test_i22_an_address_at_a_blocked_domain_is_refused_however_it_is_spelt(stack: Stack, domain: str) -> None:
    user = new_user(stack)
    with deployed_with(stack, blocked_email_domains=POLICY):
        registration = Api(stack).register(f"someone@{domain}")
        change = user.change_email(f"someone@{domain}")
    for answer, field in ((registration, "email"), (change, "new_email")):
        assert problem(answer) == REFUSED
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert "domain" in error["message"]
        assert domain.encode() not in answer.body


@pytest.mark.parametrize("domain", ["notmailinator.com", "mailinator.com.example", "mailinator.org", "example.com"])
def test_i22_a_domain_that_only_looks_like_a_blocked_one_is_accepted(stack: Stack, domain: str) -> None:
    with deployed_with(stack, blocked_email_domains=POLICY):
        assert Api(stack).register(f"someone.{new_email().partition('@')[0]}@{domain}").status == 202


def test_i22_who_has_an_account_keeps_it(stack: Stack) -> None:
    """And a blocked domain tells nobody whether it has accounts."""
    user = new_user(stack)
    with deployed_with(stack, blocked_email_domains="example.com"):
        assert Api(stack).login(user.email).status == 200
        assert start_code(Api(stack), user.email).status == 202
        refusals = [Api(stack).register(email, PASSWORD).json()["errors"] for email in (user.email, new_email())]
    assert refusals[0] == refusals[1]


def test_i22_without_a_policy_every_domain_is_accepted(stack: Stack) -> None:
    assert Api(stack).register(f"someone.{new_email().partition('@')[0]}@mailinator.com").status == 202
