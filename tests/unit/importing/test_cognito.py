"""Amazon Cognito: what its CLI prints of a user pool."""

import json

import pytest

from tests.exports import read, read_sample, refusals, users


def document(*members: object) -> bytes:
    """Return what the CLI prints of these users."""
    return json.dumps({"Users": members}).encode()


def user(email: object = "ann@example.com", **members: object) -> dict[str, object]:
    """Return a user as the CLI prints them."""
    attributes = [{"Name": "sub", "Value": "s1"}, {"Name": "email", "Value": email}]
    return {"Username": "s1", "Attributes": attributes, "Enabled": True, "UserStatus": "CONFIRMED"} | members


def test_what_the_sample_says_of_its_users() -> None:
    entries = read_sample("cognito", "cognito/users.json")
    found = users(entries)
    katherine, hedy = found["katherine@acme.example"], found["hedy@acme.example"]
    assert (katherine.name, katherine.email_verified, katherine.status) == ("Katherine Johnson", True, "active")
    assert katherine.created_at == 1715931062
    assert len(katherine.source_id or "") == 36
    assert (hedy.name, hedy.email.address) == ("Hedy Lamarr", "Hedy@acme.example")
    assert found["mallory@acme.example"].status == "disabled"
    assert not found["eve@acme.example"].email_verified
    assert not found["linus@acme.example"].email_verified
    assert list(refusals(entries).values()) == ["user 7 of the list: has no e-mail address, which is what users sign in by"]
    assert not any(each.password_hash or each.roles for each in found.values())


def test_pages_that_follow_each_other_say_the_same() -> None:
    whole, pages = (users(read_sample("cognito", f"cognito/{name}.json")) for name in ("users", "pages"))
    assert [vars(each) | {"line": 0} for each in pages.values()] == [vars(each) | {"line": 0} for each in whole.values()]


@pytest.mark.parametrize("created", [1715931062.345, "2024-05-17T09:31:02.345000+02:00"])
def test_the_first_and_the_second_cli_write_times_in_their_own_ways(created: object) -> None:
    assert users(read("cognito", document(user(UserCreateDate=created))))["ann@example.com"].created_at == 1715931062


@pytest.mark.parametrize(
    "broken",
    [
        user("ann"),
        user(["ann@example.com"]),
        user(Enabled="true"),
        user(UserCreateDate="yesterday"),
        user(Attributes={"email": "ann@example.com"}),
        user(Attributes=[["email", "ann@example.com"]]),
        user(Attributes=[{"Name": "email"}]),
        user(Attributes=None),
    ],
    ids=str,
)
def test_a_user_who_cannot_be_taken_is_refused_and_the_rest_goes_on(broken: dict[str, object]) -> None:
    entries = read("cognito", document(broken, user("bo@example.com")))
    assert list(users(entries)) == ["bo@example.com"]
    assert refusals(entries)
