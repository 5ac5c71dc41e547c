"""Refreshing: rotation, the grace of 30 s for an answer that was lost, and what an old token means afterwards."""

import secrets
import time
from dataclasses import replace
from typing import Any

import pytest
from time_machine import Traveller

from gatepost_verifier import AccessToken, parse_key_set, verify_access_token
from local.stack import Stack
from tests.integration.inside import change_user, events_of, fresh_process, parts, session_of
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, Api, new_email, problem

REFUSED = (401, "invalid_refresh_token")
REUSED = "session.refresh_token_reused"


def refreshed(api: Api, token: str, **more: Any) -> dict[str, Any]:
    """Refresh, and return the answer, which must be a success."""
    answer = api.refresh(token, **more)
    assert answer.status == 200, answer.body
    signed_in: dict[str, Any] = answer.json()
    return signed_in


def lives(api: Api, signed_in: dict[str, Any]) -> bool:
    """Whether a session still works, all told: by its access token, and by its refresh token, which isn't used up."""
    alive = api.me(signed_in["access_token"]).status == 200
    assert alive == (session_of(api, signed_in) is not None)
    return alive


def claims(api: Api, signed_in: dict[str, Any]) -> AccessToken:
    """Return what the access token says."""
    keys = parse_key_set(api.call("GET", "/.well-known/jwks.json").json())
    return verify_access_token(signed_in["access_token"], issuer=ISSUER, audience=ISSUER, keys=keys.get, now=time.time())


def test_refreshing_gives_a_successor_of_the_same_session(api: Api) -> None:
    first = api.sign_up(name="Ada")
    second = refreshed(api, first["refresh_token"])
    assert second.keys() == first.keys()
    for same in ("status", "token_type", "expires_in", "session_id", "user"):
        assert second[same] == first[same]
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert api.me(second["access_token"]).json() == first["user"]
    assert api.me(first["access_token"]).status == 200  # it lives until it expires
    assert refreshed(api, second["refresh_token"])["session_id"] == first["session_id"]


def test_the_new_access_token_is_of_now_and_of_the_old_sign_in(api: Api, clock: Traveller) -> None:
    first = api.sign_up()
    before = claims(api, first)
    clock.shift(3600)
    change_user(api, first["user"]["id"], roles=["user", "admin"], version=7)
    after = claims(api, refreshed(api, first["refresh_token"]))
    assert (after.sub, after.sid, after.amr, after.auth_time) == (before.sub, before.sid, before.amr, before.auth_time)
    assert (after.iat, after.exp) == (before.iat + 3600, before.exp + 3600)
    assert (after.roles, after.permissions, after.ver) == (("user", "admin"), ("*",), 7)
    assert after.jti != before.jti


def test_the_audience_of_a_refresh_is_for_its_access_token_alone(api: Api) -> None:
    email = new_email()
    api.sign_up(email)
    signed_in = api.login(email, audience=OTHER_AUDIENCE).json()
    for asked, expected in ((None, [ISSUER, OTHER_AUDIENCE]), (AUDIENCE, [ISSUER, AUDIENCE]), (ISSUER, [ISSUER])):
        more = {} if asked is None else {"audience": asked}
        signed_in = refreshed(api, signed_in["refresh_token"], **more)
        assert list(claims(api, signed_in).aud) == expected
    assert list(claims(api, refreshed(api, signed_in["refresh_token"])).aud) == [ISSUER, OTHER_AUDIENCE]


def test_s13_a_refused_audience_does_not_use_the_token_up(api: Api, clock: Traveller) -> None:
    first = api.sign_up()
    assert problem(api.refresh(first["refresh_token"], audience="https://evil.example.net")) == (400, "invalid_target")
    clock.shift(3600)  # else the grace would hide it
    assert refreshed(api, first["refresh_token"])["refresh_token"]


@pytest.mark.parametrize("seconds", [0, 1, 29])
def test_s09_within_30_seconds_the_predecessor_gets_the_same_successor(api: Api, clock: Traveller, seconds: int) -> None:
    first = api.sign_up()
    second = refreshed(api, first["refresh_token"])
    clock.shift(seconds)
    for _ in range(3):
        again = refreshed(api, first["refresh_token"])
        assert (again["refresh_token"], again["session_id"]) == (second["refresh_token"], second["session_id"])
        assert api.me(again["access_token"]).status == 200
    assert refreshed(api, second["refresh_token"])["session_id"] == first["session_id"]
    assert REUSED not in events_of(api, first["user"]["id"])


@pytest.mark.parametrize("seconds", [30, 31, 3600, 86_400])
def test_s06_from_30_seconds_on_an_old_token_ends_the_family(api: Api, clock: Traveller, seconds: int) -> None:
    """RFC 9700, section 4.14.2: whoever holds the newest token, the rightful client or the thief, is signed out."""
    email = new_email()
    first = api.sign_up(email)
    second = refreshed(api, first["refresh_token"])
    other_session = api.login(email).json()
    clock.shift(seconds)
    second |= {"access_token": refreshed(api, second["refresh_token"])["access_token"]} if seconds > 900 else {}
    clock.shift(30)
    mails = len(api.mails(email))

    assert problem(api.refresh(first["refresh_token"])) == REFUSED

    assert not lives(api, second)
    assert problem(api.refresh(second["refresh_token"])) == REFUSED
    assert problem(api.me(second["access_token"])) == (401, "invalid_access_token")
    assert events_of(api, first["user"]["id"]).count(REUSED) == 1
    notice, *before = api.mails(email)
    assert len(before) == mails
    assert not notice.links
    # What was not of the family goes on, and a new sign-in is as good as ever.
    assert refreshed(api, other_session["refresh_token"])
    assert api.login(email).status == 200


def test_s06_at_exactly_30_seconds_the_predecessor_is_an_old_token(api: Api, clock: Traveller) -> None:
    first = api.sign_up()
    second = refreshed(api, first["refresh_token"])
    clock.shift(29)
    assert refreshed(api, first["refresh_token"])["refresh_token"] == second["refresh_token"]
    clock.shift(1)  # the answer of a second ago has moved nothing on
    assert problem(api.refresh(first["refresh_token"])) == REFUSED
    assert not lives(api, second)


def test_s06_the_owner_is_told_once_however_often_the_old_token_comes(api: Api, clock: Traveller) -> None:
    email = new_email()
    first = api.sign_up(email)
    refreshed(api, first["refresh_token"])
    clock.shift(30)
    mails = len(api.mails(email))
    for _ in range(4):
        assert problem(api.refresh(first["refresh_token"])) == REFUSED
    assert events_of(api, first["user"]["id"]).count(REUSED) == 1
    assert len(api.mails(email)) == mails + 1


def test_s06_an_older_token_within_30_seconds_is_refused_without_effect(api: Api, clock: Traveller) -> None:
    email = new_email()
    tokens = [api.sign_up(email)]
    for _ in range(3):
        clock.shift(40)
        tokens.append(refreshed(api, tokens[-1]["refresh_token"]))
    mails = len(api.mails(email))
    for seconds in (0, 29):
        clock.shift(seconds)
        for older in tokens[:2]:
            assert problem(api.refresh(older["refresh_token"])) == REFUSED
        assert lives(api, tokens[-1])
        assert refreshed(api, tokens[2]["refresh_token"])["refresh_token"] == tokens[3]["refresh_token"]
    assert REUSED not in events_of(api, tokens[0]["user"]["id"])
    assert len(api.mails(email)) == mails

    clock.shift(1)
    assert problem(api.refresh(tokens[0]["refresh_token"])) == REFUSED
    assert not lives(api, tokens[-1])


def test_s08_a_client_that_asked_twice_goes_on_with_either_answer(api: Api, clock: Traveller) -> None:
    first = api.sign_up()
    winner = refreshed(api, first["refresh_token"])
    loser = refreshed(api, first["refresh_token"])
    third = refreshed(api, loser["refresh_token"])
    assert refreshed(api, winner["refresh_token"])["refresh_token"] == third["refresh_token"]
    clock.shift(3600)
    fourth = refreshed(api, third["refresh_token"])
    assert lives(api, fourth)
    assert REUSED not in events_of(api, first["user"]["id"])


def test_s10_a_fresh_process_refuses_what_a_warm_one_would(stack: Stack, api: Api, clock: Traveller) -> None:
    """CVE-2026-9802: nothing of this is held in memory."""
    first, ended = api.sign_up(), api.sign_up()
    second = refreshed(api, first["refresh_token"])
    api.post("/logout", {"refresh_token": ended["refresh_token"]})
    with fresh_process(stack):
        assert refreshed(api, first["refresh_token"])["refresh_token"] == second["refresh_token"]
        assert problem(api.refresh(ended["refresh_token"])) == REFUSED
        assert problem(api.me(ended["access_token"])) == (401, "invalid_access_token")
    clock.shift(30)
    with fresh_process(stack):
        assert problem(api.refresh(first["refresh_token"])) == REFUSED
    with fresh_process(stack):
        assert problem(api.refresh(second["refresh_token"])) == REFUSED
        assert problem(api.me(second["access_token"])) == (401, "invalid_access_token")


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("seconds", [0, 30, 3600])
def test_a_made_up_token_with_a_true_user_and_session_ends_nothing(
    api: Api, clock: Traveller, rotated: bool, seconds: int
) -> None:
    """Both ids stand in every access token, which every API of the team sees."""
    email = new_email()
    first = signed_in = api.sign_up(email)
    if rotated:
        signed_in = refreshed(api, first["refresh_token"])
    clock.shift(seconds)
    true, other = parts(signed_in["refresh_token"]), parts(api.sign_up()["refresh_token"])
    mails = len(api.mails(email))
    for made_up in (
        replace(true, family=secrets.token_bytes(16), secret=secrets.token_bytes(32)),
        replace(true, family=bytes(16), secret=bytes(32)),
        replace(true, family=secrets.token_bytes(16)),
        replace(true, family=other.family, secret=other.secret),
        replace(parts(first["refresh_token"]), family=secrets.token_bytes(16)),
        replace(other, user_id=true.user_id),
        replace(other, session_id=true.session_id),
        replace(true, user_id=other.user_id),
        replace(true, session_id=other.session_id),
    ):
        assert problem(api.refresh(made_up.encode())) == REFUSED
        assert api.post("/logout", {"refresh_token": made_up.encode()}).status == 204
    assert REUSED not in events_of(api, signed_in["user"]["id"])
    assert len(api.mails(email)) == mails
    assert refreshed(api, signed_in["refresh_token"])["session_id"] == signed_in["session_id"]


def test_j21_a_token_cut_or_extended_is_refused_without_effect(api: Api, clock: Traveller) -> None:
    """CVE-2026-27840."""
    token = api.sign_up()["refresh_token"]
    clock.shift(3600)
    mangled = [*(token[:length] for length in range(1, len(token))), *(token[start:] for start in range(1, len(token)))]
    mangled += [f"{token}{more}" for more in ("A", "AAAA", "=", "\n", " ", "\x00", ".", token)]
    mangled += [f"{more}{token}" for more in ("A", "AAAA", " ", "\n", "Bearer ")]
    mangled += [token.replace(token[50], "+", 1), f"{token[:9]} {token[9:]}", token[:-1] + "\u0130", token[::-1]]
    for bad in mangled:
        assert problem(api.refresh(bad)) == REFUSED
    assert refreshed(api, token)


@pytest.mark.parametrize("status", ["disabled", "unknown"])
def test_s11_a_disabled_user_gets_no_tokens(api: Api, status: str) -> None:
    signed_in = api.sign_up()
    change_user(api, signed_in["user"]["id"], status=status)
    assert problem(api.refresh(signed_in["refresh_token"])) == REFUSED
    assert problem(api.refresh(signed_in["refresh_token"])) == REFUSED
    assert problem(api.me(signed_in["access_token"])) == (401, "invalid_access_token")
