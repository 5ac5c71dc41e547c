"""One canonical form of an e-mail address, at every door alike; and mail goes to the stored address alone (I-02)."""

import secrets
from typing import Any

import pytest

from tests.support import PASSWORD, Api, problem, token_of

# The whole of each pair stands for one account: how it was registered, where mail goes then, and another spelling of it.
ONE_ACCOUNT = {
    "upper case before the @": ("mike.x{}@example.com", "mike.x{}@example.com", "MIKE.X{}@example.com"),
    "mixed case before the @": ("Mike.X{}@example.com", "Mike.X{}@example.com", "mike.x{}@example.com"),
    "upper case of the domain": ("mike{}@Example.COM", "mike{}@example.com", "mike{}@example.com"),
    "a plus tag in another case": ("mike{}+Tag@example.com", "mike{}+Tag@example.com", "mike{}+tag@example.com"),
    "an IDN and its ASCII form": ("mike{}@bücher.example", "mike{}@xn--bcher-kva.example", "mike{}@xn--bcher-kva.example"),
    "an IDN in upper case": ("mike{}@bücher.example", "mike{}@xn--bcher-kva.example", "mike{}@BÜCHER.EXAMPLE"),
    "the ASCII form in upper case": ("mike{}@XN--BCHER-KVA.example", "mike{}@xn--bcher-kva.example", "mike{}@bücher.example"),
    "NFC and NFD of the domain": ("mike{}@b\u00fccher.example", "mike{}@xn--bcher-kva.example", "mike{}@bu\u0308cher.example"),
    "the Kelvin sign in the domain": ("mike{}@kelvin.example", "mike{}@kelvin.example", "mike{}@\u212aelvin.example"),
    "a circled letter in the domain": ("mike{}@mail.example", "mike{}@mail.example", "mike{}@\u24dcail.example"),
    "a full-width letter in the domain": ("mike{}@mail.example", "mike{}@mail.example", "mike{}@\uff4dail.example"),
    "a full-width dot in the domain": ("mike{}@mail.example", "mike{}@mail.example", "mike{}@mail\u3002example"),
}
TWO_ACCOUNTS = {
    "a plus tag and none": ("mike{}@example.com", "mike{}+tag@example.com"),
    "two plus tags": ("mike{}+one@example.com", "mike{}+two@example.com"),
    "a dot before the @": ("mi.ke{}@example.com", "mike{}@example.com"),
    "a subdomain": ("mike{}@example.com", "mike{}@mail.example.com"),
    "an underscore and a hyphen": ("mi_ke{}@example.com", "mi-ke{}@example.com"),
    "sharp s and double s in the domain": ("mike{}@straße.example", "mike{}@strasse.example"),
    "dotless i and i in the domain": ("mike{}@m\u0131ke.example", "mike{}@mike.example"),
    "an accent in the domain and none": ("mike{}@b\u00fccher.example", "mike{}@bucher.example"),
}
NO_ADDRESS = {
    "the Kelvin sign": "mi\u212ae{}@example.com",
    "a dotless i": "m\u0131ke{}@example.com",
    "a long s": "mi\u017fe{}@example.com",
    "a sharp s": "stra\u00dfe{}@example.com",
    "a circled letter": "\u24dcike{}@example.com",
    "a full-width letter": "\uff4dike{}@example.com",
    "a composed accent": "jos\u00e9{}@example.com",
    "a combining accent": "jose\u0301{}@example.com",
    "a soft hyphen": "mi\u00adke{}@example.com",
    "a zero-width space": "mi\u200bke{}@example.com",
    "a zero-width joiner": "mi\u200dke{}@example.com",
    "a byte order mark": "\ufeffmike{}@example.com",
    "a right-to-left override": "mi\u202eke{}@example.com",
    "a Cyrillic letter": "m\u0456ke{}@example.com",
    "a full-width @": "mike{}\uff20example.com",
    "a small @": "mike{}\ufe6bexample.com",
    "a soft hyphen in the domain": "mike{}@exam\u00adple.com",
    "a zero-width space in the domain": "mike{}@exam\u200bple.com",
    "a right-to-left override in the domain": "mike{}@exam\u202eple.com",
    "a blank before": " mike{}@example.com",
    "a blank after": "mike{}@example.com ",
    "a no-break space": "mike{}\u00a0@example.com",
    "a dot at the end of the domain": "mike{}@example.com.",
    "a NUL": "mike{}\0@example.com",
}


def of_this_run(*templates: str) -> list[str]:
    unique = secrets.token_hex(6)
    return [template.format(unique) for template in templates]


def sign_up(api: Api, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """Sign up with an address that mail goes to in another spelling; return the user."""
    assert api.register(email, password).status == 202
    answer = api.post("/verify-email", {"token": token_of(api.stack.mails()[0]), "password": password})
    assert answer.status == 200
    user: dict[str, Any] = answer.json()["user"]
    return user


@pytest.mark.parametrize("case", ONE_ACCOUNT)
def test_i02_two_spellings_of_an_address_are_one_account(api: Api, case: str) -> None:
    given, stored, other = of_this_run(*ONE_ACCOUNT[case])
    user = sign_up(api, given)
    assert user["email"] == stored
    assert api.login(other).json()["user"] == user
    assert api.login(given).json()["user"] == user

    assert api.register(other, "the password of somebody else").status == 202
    assert api.post("/resend-verification", {"email": other}).status == 202
    assert [(mail.to, mail.subject.split()[0]) for mail in api.mails(stored)] == [(stored, "You"), (stored, "Confirm")]


@pytest.mark.parametrize("case", ONE_ACCOUNT)
def test_i02_a_registration_is_mailed_again_to_where_it_was_made_for(api: Api, case: str) -> None:
    """Asked for by another spelling, too."""
    given, stored, other = of_this_run(*ONE_ACCOUNT[case])
    api.register(given)
    api.post("/resend-verification", {"email": other})
    assert [mail.to for mail in api.mails(stored)] == [stored, stored]
    answer = api.post("/verify-email", {"token": api.mailed_token(stored), "password": PASSWORD})
    assert answer.json()["user"]["email"] == stored


@pytest.mark.parametrize("case", ONE_ACCOUNT)
def test_i02_attempts_by_two_spellings_stand_side_by_side_and_one_becomes_the_account(api: Api, case: str) -> None:
    given, stored, other = of_this_run(*ONE_ACCOUNT[case])
    api.register(given, "the password of the first")
    first = api.mailed_token(stored)
    api.register(other, "the password of the second")
    (second,) = [mail.links[0].partition("token=")[2] for mail in api.mails(stored) if first not in mail.links[0]]
    assert api.post("/verify-email", {"token": second, "password": "the password of the second"}).status == 200
    refused = api.post("/verify-email", {"token": first, "password": "the password of the first"})
    assert problem(refused) == (400, "invalid_token")
    assert [api.login(spelling, "the password of the second").status for spelling in (given, stored, other)] == [200] * 3


@pytest.mark.parametrize("case", TWO_ACCOUNTS)
def test_i02_two_addresses_are_two_accounts(api: Api, case: str) -> None:
    one, other = of_this_run(*TWO_ACCOUNTS[case])
    first = sign_up(api, one, "the password of the first")
    assert problem(api.login(other, "the password of the first")) == (401, "invalid_credentials")
    second = sign_up(api, other, "the password of the second")
    assert first["id"] != second["id"]
    assert first["email"] != second["email"]
    assert api.login(one, "the password of the first").json()["user"] == first
    assert api.login(other, "the password of the second").json()["user"] == second
    assert len(api.mails(first["email"])) == len(api.mails(second["email"])) == 1


@pytest.mark.parametrize("case", NO_ADDRESS)
def test_i02_what_could_be_taken_for_another_address_is_refused_at_every_door(api: Api, case: str) -> None:
    (email,) = of_this_run(NO_ADDRESS[case])
    for answer in (api.register(email), api.login(email), api.post("/resend-verification", {"email": email})):
        assert problem(answer) == (422, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == ["email"]


@pytest.mark.parametrize("email", ["mi\ud800ke@example.com", "mike@exam\udfffple.com", "mike@example.com\ud83d"])
def test_i02_what_is_no_text_is_refused_at_every_door(api: Api, email: str) -> None:
    """A lone surrogate, which JSON can spell and UTF-8 can't."""
    for answer in (api.register(email), api.login(email), api.post("/resend-verification", {"email": email})):
        assert problem(answer)[0] in (400, 422)
