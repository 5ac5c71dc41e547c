"""A forgotten password: a token by mail, good once, for an hour, and nowhere kept in clear (S-01, I-08)."""

import base64

import pytest
from time_machine import Traveller

from gatepost.identifiers import TokenKind, decode_token, encode_token
from local.stack import Stack
from tests.calls import hashed
from tests.integration.accounts import (
    INVALID_TOKEN,
    LIMITED,
    NEW_PASSWORD,
    REFUSED,
    WRONG,
    forgot,
    mailed_change,
    mailed_reset,
    new_user,
    reset,
    verify,
)
from tests.integration.aws_faults import always, broken, faults
from tests.integration.inside import change_user
from tests.opaque import mangled, tables_that_hold, token_secrets
from tests.support import PASSWORD, Api, new_email, problem, token_of

HOUR = 3600
LAYOUT = TokenKind.PASSWORD_RESET, 16, 34


def test_s01_the_owner_sets_a_new_password_and_signs_in_with_it(stack: Stack) -> None:
    user = new_user(stack)
    answer = reset(user.api, mailed_reset(user.api, user.email))
    assert (answer.status, answer.body) == (204, b"")
    assert problem(user.api.login(user.email)) == REFUSED
    assert user.api.login(user.email, NEW_PASSWORD).json()["user"]["id"] == user.id


def test_s01_a_token_works_once(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    assert reset(user.api, token).status == 204
    for password in (NEW_PASSWORD, "one more long password"):
        assert problem(reset(user.api, token, password)) == INVALID_TOKEN
    assert user.api.login(user.email, NEW_PASSWORD).status == 200


@pytest.mark.parametrize("seconds", [0, 3599])
def test_s01_a_token_works_within_an_hour(stack: Stack, clock: Traveller, seconds: int) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    clock.shift(seconds)
    assert reset(user.api, token).status == 204


@pytest.mark.parametrize("seconds", [HOUR, HOUR + 1, 30 * 86_400])
def test_s01_s17_a_token_is_dead_after_exactly_an_hour_though_its_item_is_still_there(
    stack: Stack, clock: Traveller, seconds: int
) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    clock.shift(seconds)
    assert [item for item in user.api.table("SessionsTable") if item["pk"] == f"USER#{user.id}" and "secret_digest" in item]
    assert problem(reset(user.api, token)) == INVALID_TOKEN
    assert user.api.login(user.email).status == 200


def test_s01_a_newer_request_kills_the_older(stack: Stack) -> None:
    user = new_user(stack)
    older, newer = mailed_reset(user.api, user.email), mailed_reset(user.api, user.email)
    assert older != newer
    assert problem(reset(user.api, older)) == INVALID_TOKEN
    assert reset(user.api, newer).status == 204


def test_s01_a_request_that_is_not_mailed_kills_nothing(stack: Stack, clock: Traveller) -> None:
    """The sixth of an hour: else who floods an address with requests keeps its owner out."""
    user = new_user(stack)
    tokens = [mailed_reset(user.api, user.email) for _ in range(5)]
    for _ in range(3):
        assert forgot(Api(stack), user.email).status == 202
    assert [token_of(mail) for mail in user.api.mails(user.email)[:5]] == tokens[::-1]
    assert len(user.api.mails(user.email)) == 6  # that of the registration, and these
    clock.shift(HOUR - 1)
    assert reset(user.api, tokens[-1]).status == 204


def test_the_same_mail_goes_to_one_recipient_five_times_an_hour_and_then_again(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(7):
        forgot(user.api, user.email)
    assert len(user.api.mails(user.email)) == 6
    clock.shift(HOUR)
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204


def test_s01_a_token_is_stored_as_a_digest(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    secrets = token_secrets(token)
    assert not tables_that_hold(stack, secrets)
    assert reset(user.api, token).status == 204
    assert not tables_that_hold(stack, secrets)


def test_s01_a_token_has_at_least_128_bits_that_nobody_can_know(stack: Stack) -> None:
    """Its own, beside the kind and the user's id."""
    user = new_user(stack)
    tokens = [mailed_reset(user.api, user.email) for _ in range(5)]
    known = len(base64.urlsafe_b64decode(tokens[0])) - 34
    assert known == 1 + 16
    secrets = [decode_token(token, *LAYOUT)[1] for token in tokens]
    assert len({secret[place : place + 8] for secret in secrets for place in range(0, 32, 8)}) == 20


def test_s01_no_answer_holds_the_token(stack: Stack) -> None:
    user = new_user(stack)
    answers = [forgot(user.api, user.email), forgot(user.api, user.email)]
    tokens = [token_of(mail) for mail in user.api.mails(user.email)[:2]]
    answers += [reset(user.api, token, password) for token in tokens for password in ("short", WRONG)]
    assert [answer.status for answer in answers] == [202, 202, 422, 204, 422, 400]
    assert not [answer for answer in answers for token in tokens if token in answer.body.decode() + str(answer.headers)]


def test_s01_a_password_that_is_refused_leaves_the_token_usable(stack: Stack) -> None:
    """Input is validated before a token is consumed."""
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    for password in ("short", "x" * 257, "!!password!!", user.email, "Gatepost-2026"):
        answer = reset(user.api, token, password)
        assert problem(answer) == (422, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == ["new_password"]
    assert problem(user.api.post("/password/reset", {"token": token})) == (422, "invalid_request")
    assert reset(user.api, token).status == 204


def test_s01_a_reset_that_fails_half_way_leaves_the_token_usable(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    with faults(always("TransactWriteItems", broken)):
        assert problem(reset(user.api, token))[0] == 503
    assert user.api.me(user.access_token).status == 200
    assert reset(user.api, token).status == 204


def test_s01_a_token_is_its_users_alone(stack: Stack) -> None:
    ours, theirs = new_user(stack), new_user(stack)
    our_id, our_secret = decode_token(token := mailed_reset(ours.api, ours.email), *LAYOUT)
    their_id, their_secret = decode_token(their_token := mailed_reset(theirs.api, theirs.email), *LAYOUT)
    for parts in [(their_id, our_secret), (our_id, their_secret)]:
        assert problem(reset(ours.api, encode_token(TokenKind.PASSWORD_RESET, *parts))) == INVALID_TOKEN
    assert [user.api.login(user.email).status for user in (ours, theirs)] == [200, 200]
    assert [reset(ours.api, each).status for each in (token, their_token)] == [204, 204]


def test_j21_a_token_that_is_cut_extended_or_otherwise_spoilt_is_none(stack: Stack) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    with hashed() as hashes:
        for spoilt in mangled(token):
            expected = INVALID_TOKEN if 1 <= len(spoilt) <= 512 else (422, "invalid_request")
            assert problem(reset(user.api, spoilt)) == expected, spoilt
    assert not hashes
    assert reset(user.api, token).status == 204


def test_s01_a_reset_signs_nobody_in_and_proves_no_address(stack: Stack) -> None:
    """A token for a password is no answer to any other mail, and the other way round."""
    user, email = new_user(stack), new_email()
    change = mailed_change(user, email)
    token = mailed_reset(user.api, user.email)
    assert problem(verify(user.api, token)) == INVALID_TOKEN
    assert problem(reset(user.api, change)) == INVALID_TOKEN
    assert problem(user.api.refresh(token)) == (401, "invalid_refresh_token")
    assert reset(user.api, token).body == b""


def test_a_reset_enables_nobody(stack: Stack) -> None:
    """A disabled user may have a new password, and stays disabled; nothing tells so."""
    user = new_user(stack)
    change_user(user.api, user.id, status="disabled")
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
    for password in (NEW_PASSWORD, PASSWORD):
        assert problem(user.api.login(user.email, password)) == REFUSED


def test_the_owner_is_told_of_a_reset_without_a_link(stack: Stack) -> None:
    user = new_user(stack)
    reset(user.api, mailed_reset(user.api, user.email))
    notice = user.api.mails(user.email)[0]
    assert notice.subject == "Your password at Gatepost was changed"
    assert not notice.links


def test_i20_the_owner_gets_in_by_a_reset_while_others_guess(stack: Stack, clock: Traveller) -> None:
    """At once: the guesses of others are forgotten with the old password."""
    user = new_user(stack)
    attacker = Api(stack)
    for _ in range(10):
        assert problem(attacker.login(user.email, WRONG)) == REFUSED
    assert problem(user.api.login(user.email)) == LIMITED
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
    assert user.api.login(user.email, NEW_PASSWORD).status == 200


def test_i20_a_reset_frees_no_client(stack: Stack) -> None:
    """Who owns an account can't clear what their address has guessed at others."""
    own, attacker = new_user(stack), Api(stack)
    for _ in range(50):
        assert problem(attacker.login(new_email(), WRONG)) == REFUSED
    assert reset(attacker, mailed_reset(attacker, own.email)).status == 204
    assert problem(attacker.login(own.email, NEW_PASSWORD)) == LIMITED
    assert own.api.login(own.email, NEW_PASSWORD).status == 200


def test_an_address_without_an_account_gets_no_mail(api: Api) -> None:
    email = new_email()
    assert forgot(api, email).json() == {"status": "accepted"}
    assert not api.mails(email)
    api.register(email)
    assert forgot(api, email).json() == {"status": "accepted"}
    assert len(api.mails(email)) == 1  # the registration's
