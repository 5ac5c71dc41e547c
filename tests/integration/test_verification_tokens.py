"""The token of a verification mail: once, for 24 hours, for its address alone, and nowhere kept in clear (I-08, J-21)."""

from typing import Any

from time_machine import Traveller

from gatepost.identifiers import TokenKind, decode_token, encode_token
from tests.integration.tables import items
from tests.opaque import mangled, spellings, tables_that_hold, token_secrets
from tests.support import PASSWORD, Api, new_email, problem, token_of

DAY = 86_400
INVALID = (400, "invalid_token")


def verify(api: Api, token: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = api.post("/verify-email", {"token": token, "password": password})
    return (200, "authenticated") if answer.status == 200 else problem(answer)


def registered(api: Api) -> tuple[str, str]:
    """Register a new address; return it and the token that was mailed to it."""
    email = new_email()
    assert api.register(email).status == 202
    return email, api.mailed_token(email)


def test_i08_a_token_works_once(api: Api) -> None:
    _, token = registered(api)
    assert [verify(api, token) for _ in range(3)] == [(200, "authenticated"), INVALID, INVALID]


def test_i08_a_token_works_until_24_hours_after_the_registration(api: Api, clock: Traveller) -> None:
    _, token = registered(api)
    clock.shift(DAY - 1)
    assert verify(api, token) == (200, "authenticated")


def test_i08_s17_a_token_is_dead_24_hours_after_the_registration_though_its_item_is_still_there(
    api: Api, clock: Traveller
) -> None:
    email, token = registered(api)
    clock.shift(DAY)
    assert len(items(api, "SessionsTable", "email = :email", email=email)) == 1
    assert verify(api, token) == INVALID
    clock.shift(30 * DAY)
    assert verify(api, token) == INVALID
    assert problem(api.login(email)) == (401, "invalid_credentials")


def test_i08_an_expired_registration_is_not_mailed_again(api: Api, clock: Traveller) -> None:
    email, _ = registered(api)
    clock.shift(DAY)
    assert api.post("/resend-verification", {"email": email}).status == 202
    assert len(api.mails(email)) == 1


def test_i08_mailing_again_does_not_prolong_the_registration(api: Api, clock: Traveller) -> None:
    email, first = registered(api)
    clock.shift(DAY - 1)
    api.post("/resend-verification", {"email": email})
    second = api.mailed_token(email)
    clock.shift(1)
    assert [verify(api, token) for token in (first, second)] == [INVALID, INVALID]


def test_i08_every_link_mailed_for_a_registration_stays_good(api: Api) -> None:
    """The first, four more, and whichever is used kills the others."""
    email, _ = registered(api)
    for _ in range(4):
        api.post("/resend-verification", {"email": email})
    links = [token_of(mail) for mail in api.mails(email)]
    assert len(set(links)) == 5
    assert [verify(api, link, "not this password")[0] for link in links] == [401] * 5
    assert verify(api, links[-1]) == (200, "authenticated")
    assert [verify(api, link) for link in links] == [INVALID] * 5


def test_i08_what_is_refused_before_leaves_the_token_usable(api: Api) -> None:
    """A password that is wrong, one that can't be, an audience that isn't ours: input is validated before a token is used."""
    _, token = registered(api)
    refused: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"password": "not this password"}, (401, "invalid_credentials")),
        ({"password": ""}, (422, "invalid_request")),
        ({"password": PASSWORD, "audience": "https://evil.example.com"}, (400, "invalid_target")),
        ({"password": PASSWORD, "more": 1}, (422, "invalid_request")),
        ({}, (422, "invalid_request")),
    ]
    for body, expected in refused:
        assert problem(api.post("/verify-email", {"token": token, **body})) == expected
    assert verify(api, token) == (200, "authenticated")


def test_i08_a_token_is_bound_to_the_address_it_was_sent_to(api: Api) -> None:
    """The secret of one address's token with another's address in it is nobody's token."""
    (ours, token), (theirs, their_token) = registered(api), registered(api)
    layout = TokenKind.EMAIL_VERIFICATION, 32, 1, 32
    digest, slot, secret = decode_token(token, *layout)
    their_digest, their_slot, their_secret = decode_token(their_token, *layout)
    for parts in [(their_digest, slot, secret), (their_digest, their_slot, secret), (digest, slot, their_secret)]:
        assert verify(api, encode_token(TokenKind.EMAIL_VERIFICATION, *parts)) == INVALID
    assert verify(api, token) == (200, "authenticated")
    assert api.login(ours).status == 200
    assert problem(api.login(theirs)) == (401, "invalid_credentials")


def test_i08_a_token_is_bound_to_its_attempt(api: Api) -> None:
    email, token = registered(api)
    api.register(email, "the password of another attempt")
    digest, slot, secret = decode_token(token, TokenKind.EMAIL_VERIFICATION, 32, 1, 32)
    for other in range(256):
        if bytes([other]) != slot:
            assert verify(api, encode_token(TokenKind.EMAIL_VERIFICATION, digest, bytes([other]), secret)) == INVALID
    assert verify(api, token) == (200, "authenticated")


def test_i08_a_token_of_another_kind_is_none(api: Api) -> None:
    signed_in = api.sign_up()
    assert verify(api, signed_in["refresh_token"]) == INVALID
    assert verify(api, signed_in["access_token"][:512]) == INVALID
    assert api.me(signed_in["access_token"]).status == 200


def test_i08_no_table_holds_a_token_its_secret_or_the_password(api: Api) -> None:
    """Not while the mail waits, not once it's sent, not after it was sent again, and not once the account stands."""
    email = new_email()
    password = f"the password of {email}"
    api.register(email, password)
    waiting = [content for item in items(api, "OutboxTable", "attribute_exists(sealed)") for content in map(str, item.values())]
    tokens = [api.mailed_token(email)]
    api.post("/resend-verification", {"email": email})
    tokens.append(api.mailed_token(email))
    secrets = spellings(password.encode()).union(*map(token_secrets, tokens))
    assert not [content for content in waiting if any(secret.decode("latin-1") in content for secret in secrets)]
    assert not tables_that_hold(api.stack, secrets)
    signed_in = api.post("/verify-email", {"token": tokens[0], "password": password}).json()
    secrets |= token_secrets(signed_in["refresh_token"]) | spellings(signed_in["access_token"].encode())
    assert not tables_that_hold(api.stack, secrets)


def test_i08_no_answer_holds_the_token(api: Api) -> None:
    email = new_email()
    answers = [api.register(email), api.post("/resend-verification", {"email": email})]
    tokens = [token_of(mail) for mail in api.mails(email)]
    answers += [api.post("/verify-email", {"token": token, "password": "not this password"}) for token in tokens]
    answers.append(api.post("/verify-email", {"token": tokens[0], "password": PASSWORD}))
    answers.append(api.post("/verify-email", {"token": tokens[1], "password": PASSWORD}))
    assert [answer.status for answer in answers] == [202, 202, 401, 401, 200, 400]
    assert not [answer for answer in answers for token in tokens if token in answer.body.decode() + str(answer.headers)]


def test_j21_a_token_that_is_cut_extended_or_otherwise_spoilt_is_none(api: Api) -> None:
    """And none of the tries changes anything: the token itself works afterwards."""
    _, token = registered(api)
    for spoilt in mangled(token):
        assert verify(api, spoilt) == (INVALID if 1 <= len(spoilt) <= 512 else (422, "invalid_request")), spoilt
    assert verify(api, token) == (200, "authenticated")


def test_j21_a_spoilt_refresh_token_is_none(api: Api) -> None:
    """It ends nothing either, unless it's whole but for its last part: then it's one that was never given, or an old one."""
    token = api.sign_up()["refresh_token"]
    for spoilt in mangled(token):
        if not (len(spoilt) == len(token) and spoilt[:66] == token[:66]):
            answer = api.refresh(spoilt)
            assert problem(answer) == ((401, "invalid_refresh_token") if spoilt else (422, "invalid_request")), spoilt
    assert api.refresh(token).status == 200
