"""The revocation list: whose tokens must no longer be taken, for as long as there may be any, and nobody else (S-18)."""

import base64
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from time_machine import Traveller

from gatepost import revocations as rules
from gatepost_verifier import AccessToken, VerificationError, parse_key_set, verify_access_token
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import NEW_PASSWORD, User, is_revoked, mailed_reset, new_user, reset, revocations
from tests.integration.aws_faults import Answer, Send, faults, times
from tests.integration.inside import change_user
from tests.support import AUDIENCE, ISSUER, Api, problem

URL = "/.well-known/gatepost/revocations"
LIFETIME = 930  # seconds: of an access token, with the leeway of verifiers


def hash_of(identifier: str) -> str:
    """The first 12 bytes of SHA-256 in base64url, computed here."""
    return base64.urlsafe_b64encode(hashlib.sha256(identifier.encode()).digest()[:12]).decode()


def token_is_good(user: User, clock: Traveller) -> AccessToken | None:
    """Return the access token as an API that doesn't look at the list takes it now, or None."""
    keys = parse_key_set(user.api.call("GET", "/.well-known/jwks.json").json())
    now = clock.time_ns() // 10**9
    try:
        return verify_access_token(user.access_token, issuer=ISSUER, audience=AUDIENCE, keys=keys.get, now=now)
    except VerificationError:
        return None


def sign_out(user: User) -> None:
    user.api.post("/logout", {"refresh_token": user.refresh_token})


def steal(user: User) -> None:
    """Present an old refresh token. The clock must have passed the grace."""
    assert user.api.refresh(user.refresh_token).status == 401


def reset_password(user: User) -> None:
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204


ENDS: dict[str, tuple[Callable[[User], None], str]] = {
    "sign-out": (sign_out, "session"),
    "end of the session": (lambda user: _done(user.call("DELETE", f"/sessions/{user.session_id}").status), "session"),
    "end of others": (lambda user: _done(user.login().call("DELETE", "/sessions").status), "session"),
    "password change elsewhere": (lambda user: _done(user.login().change_password(user.password).status), "session"),
    "reset": (reset_password, "user"),
    "deletion": (lambda user: _done(user.erase().status), "user"),
}


def _done(status: int) -> None:
    assert status == 204


@pytest.mark.parametrize("end", ENDS)
def test_s18_whatever_ends_a_session_puts_it_onto_the_list(stack: Stack, end: str) -> None:
    user, bystander = new_user(stack), new_user(stack)
    before = revocations(user.api)
    do, subject = ENDS[end]
    do(user)
    after = revocations(user.api)
    if subject == "session":
        assert set(after["sessions"]) - set(before["sessions"]) == {hash_of(user.session_id)}
        assert after["users"] == before["users"]
    else:
        assert after["sessions"] == before["sessions"]
        assert after["users"] == before["users"] | {hash_of(user.id): 1}
    assert not user.lives()
    assert not is_revoked(bystander)


def test_s18_a_stolen_token_puts_its_session_onto_the_list(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    newest = user.refreshed()
    clock.shift(30)
    steal(user)
    assert hash_of(newest.session_id) in revocations(user.api)["sessions"]
    assert not newest.lives()


def test_s18_a_refresh_or_a_sign_in_puts_nothing_onto_the_list(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    before = revocations(user.api)
    user.login()
    newest = user.refreshed()
    user.refreshed()
    user.api.refresh("A" * 108)
    assert problem(user.change_password("not the password")) == (401, "invalid_credentials")
    assert revocations(user.api) == before
    assert newest.lives()


def test_s18_after_a_reset_the_new_tokens_are_good_and_the_old_are_not(stack: Stack, clock: Traveller) -> None:
    """By `ver`: the list names the least that is still good."""
    user = new_user(stack)
    reset_password(user)
    again = user.login(NEW_PASSWORD)
    listed = revocations(user.api)["users"][hash_of(user.id)]
    old, new = token_is_good(user, clock), token_is_good(again, clock)
    assert old is not None
    assert new is not None
    assert (old.ver, new.ver, listed) == (0, 1, 1)
    reset(user.api, mailed_reset(user.api, user.email), "one more passphrase")
    assert revocations(user.api)["users"][hash_of(user.id)] == 2


@pytest.mark.parametrize("start", [0, 1, 450, 899])
@pytest.mark.parametrize("end", ENDS)
def test_s18_an_entry_stands_until_every_token_it_concerns_has_expired(
    stack: Stack, clock: Traveller, end: str, start: int
) -> None:
    """Wherever in a quarter of an hour it was made; no longer than 1,800 s after it."""
    clock.shift(start)
    user = new_user(stack)
    do, _ = ENDS[end]
    do(user)
    for seconds in (LIFETIME - 2, 1):
        clock.shift(seconds)
        assert token_is_good(user, clock)
        assert is_revoked(user)
    clock.shift(1)
    assert not token_is_good(user, clock)
    clock.shift(1800 - LIFETIME)
    assert not is_revoked(user)


def test_s18_a_token_issued_while_its_session_was_being_ended_is_on_the_list_as_long_as_it_is_good(
    stack: Stack, clock: Traveller
) -> None:
    """The transaction may take seconds: DynamoDB was busy, or the SDK tries again. The entry's time was taken before."""
    user = new_user(stack)
    newer: list[User] = []

    def slowly(send: Send) -> Answer:
        clock.shift(6)
        with ThreadPoolExecutor(1) as elsewhere:
            newer.append(elsewhere.submit(user.refreshed).result())
        return send()

    with faults(times(1, "TransactWriteItems", slowly)):
        sign_out(user)
    assert is_revoked(newer[0])
    clock.shift(LIFETIME - 1)
    assert token_is_good(newer[0], clock)
    assert is_revoked(newer[0])


def test_s18_an_entry_is_deleted_by_its_expiry(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    sign_out(user)
    now = clock.time_ns() // 10**9
    entries = [item for item in user.api.table("SessionsTable") if item["pk"].startswith("REVOKED#")]
    (entry,) = [item for item in entries if hash_of(user.session_id) in item["sk"]]
    assert now + LIFETIME <= entry["expires_at"] <= now + 3600
    assert user.session_id not in str(entry)


def test_the_list_is_public_cacheable_and_small(stack: Stack) -> None:
    user = new_user(stack)
    sign_out(user)
    answer = Api(stack).call("GET", URL)
    assert (answer.status, answer.header("content-type")) == (200, "application/json; charset=utf-8")
    assert answer.header("cache-control") == "public, max-age=5"
    assert answer.json().keys() == {"sessions", "users", "complete"}
    assert answer.json()["complete"] is True
    assert all(len(entry) == 16 for entry in [*answer.json()["sessions"], *answer.json()["users"]])
    assert user.session_id not in answer.body.decode()


def test_the_list_has_an_etag_that_changes_with_it(stack: Stack, clock: Traveller) -> None:
    """RFC 9110, sections 8.8.3 and 13.1.2."""
    user = new_user(stack)
    first = user.api.call("GET", URL)
    etag = first.header("etag") or ""
    assert etag.startswith('"')
    assert etag.endswith('"')
    assert user.api.call("GET", URL).header("etag") == etag
    for sent in (etag, f"W/{etag}", f'"x", {etag}', f'{etag}, "x"', f'"x",W/{etag}'):
        answer = user.api.call("GET", URL, headers={"if-none-match": sent})
        assert (answer.status, answer.body) == (304, b""), sent
        assert (answer.header("etag"), answer.header("cache-control")) == (etag, "public, max-age=5")
    for sent in ('"x"', etag.strip('"'), etag.upper() + "x", ""):
        assert user.api.call("GET", URL, headers={"if-none-match": sent}).status == 200, sent

    sign_out(user)

    changed = user.api.call("GET", URL, headers={"if-none-match": etag})
    assert (changed.status, changed.header("etag") != etag) == (200, True)


def test_any_etag_is_the_lists_where_a_client_asks_for_any(stack: Stack) -> None:
    """RFC 9110, section 13.1.2: `*` is false where there is a current representation."""
    assert Api(stack).call("GET", URL, headers={"if-none-match": "*"}).status == 304


def test_beyond_what_it_may_hold_the_list_says_that_it_is_not_all(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        sign_out(new_user(stack))
    assert revocations(Api(stack))["complete"] is True
    monkeypatch.setattr(rules, "MAX_ENTRIES", 3)
    assert revocations(Api(stack))["complete"] is False


def test_the_list_is_read_from_its_own_items_without_a_scan(stack: Stack) -> None:
    """By as many queries as there are shards in the quarters of an hour that count, however many sessions there are."""
    for _ in range(3):
        sign_out(new_user(stack))
    with recorded() as calls:
        listed = Api(stack).call("GET", URL).json()
    assert len(listed["sessions"]) >= 3
    assert {call.operation for call in calls} == {"Query"}
    assert len(calls) <= 4 * rules.SHARDS
    for call in calls:
        (partition,) = call.parameters["ExpressionAttributeValues"][":pk"].values()
        assert partition.startswith("REVOKED#")


def test_the_list_needs_the_table(stack: Stack) -> None:
    """An empty list would take every token again."""
    with faults(lambda attempt: (lambda _: (500, {}, b"{}")) if attempt.operation == "Query" else None):
        answer = Api(stack).call("GET", URL)
    assert problem(answer) == (503, "temporarily_unavailable")
    assert answer.header("cache-control") == "no-store"


def test_the_highest_version_of_a_user_counts(stack: Stack) -> None:
    user = new_user(stack)
    change_user(user.api, user.id, version=41)
    reset_password(user)
    assert revocations(user.api)["users"][hash_of(user.id)] == 42
    assert json.dumps(revocations(user.api)).count(hash_of(user.id)) == 1
