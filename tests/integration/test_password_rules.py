"""Which passwords are taken, and what of them counts: every code point (I-14), and no more work than for a password (I-16)."""

import json

import pytest

from tests.calls import hashed, recorded
from tests.integration.account_events import event, invoke
from tests.integration.tables import items
from tests.opaque import spellings, tables_that_hold
from tests.support import Api, new_email, problem

COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"
# Two passwords that are not the same, as they'd be for a store that cuts, trims, folds or stops at something.
DIFFERENT = {
    "equal in the first 72 bytes": ("x" * 72 + "a", "x" * 72 + "b"),
    "equal in the first 72 bytes, one of them longer": ("x" * 72, "x" * 73),
    "equal in the first 255 characters": ("x" * 255 + "a", "x" * 255 + "b"),
    "equal up to a NUL": ("correct horse\0a", "correct horse\0b"),
    "one ends before the NUL": ("correct horse", "correct horse\0"),
    "NULs, and one more": ("\0" * 12, "\0" * 13),
    "a blank in front": (" correct horse", "correct horse"),
    "a blank at the end": ("correct horse ", "correct horse"),
    "a line break at the end": ("correct horse\n", "correct horse"),
    "two blanks for one": ("correct  horse", "correct horse"),
    "a no-break space for a blank": ("correct\u00a0horse", "correct horse"),
    "a tab for a blank": ("correct\thorse", "correct horse"),
    "another case": ("Correct horse", "correct horse"),
    "another case of an accented letter": ("correct hors\u00c9", "correct hors\u00e9"),
    "sharp s and ss": ("correct stra\u00dfe", "correct strasse"),
    "a ligature and its letters": ("correct \ufb01sh horse", "correct fish horse"),
    "a full-width letter": ("correct hor\uff53e", "correct horse"),
    "an accent and none": ("correct hors\u00e9", "correct horse"),
    "a zero-width space": ("correct\u200b horse", "correct horse"),
    "a number and its sign": ("correct horse \u00b2", "correct horse 2"),
    "a percent code": ("correct%20horse", "correct horse"),
    "an escaped quote": ('correct \\" horse', 'correct " horse'),
}
SAME = {
    "composed and decomposed": (f"correct hors{COMPOSED} battery", f"correct hors{DECOMPOSED} battery"),
    "the angstrom sign": ("correct \u212b horse", "correct A\u030a horse"),
    "Hangul": ("\ud55c\uae00 correct horse", "\u1112\u1161\u11ab\u1100\u1173\u11af correct horse"),
    "marks in another order": ("q\u0307\u0323 correct horse", "q\u0323\u0307 correct horse"),
    "the longest there may be": (COMPOSED * 256, DECOMPOSED * 256),
}
TAKEN = {
    "12": "x" * 12,
    "64": "x" * 64,
    "100": "correct horse " * 7,
    "255": "x" * 255,
    "256": "x" * 256,
    "12 of four bytes": "\U0001f600" * 12,
    "256 of four bytes": "\U0001f600" * 256,
    "12 blanks": " " * 12,
    "12 NULs": "\0" * 12,
    "one character again and again": "a" * 20,
    "digits": "314159265358",
    "lower case alone": "correcthorsebattery",
    "what SQL, shells and templates know": "'; DROP TABLE users; -- ${IFS} {{7*7}} `id` %s %n",
    "right to left": "\u202eabcdefghijklm",
    "12 of which each has a mark": DECOMPOSED * 12,
    "256 marks": "\u0301" * 256,
}
REFUSED = {
    "11": "x" * 11,
    "11 of four bytes": "\U0001f600" * 11,
    "11 of which each has a mark": DECOMPOSED * 11,
    "11 and no blank trimmed": "x" * 10 + " ",
    "none": "",
    "257": "x" * 257,
    "257 of four bytes": "\U0001f600" * 257,
    "60,000": "x" * 60_000,
    "10,000 combining marks": "\u0301" * 10_000,
}


@pytest.mark.parametrize("case", TAKEN)
def test_i14_a_password_is_taken_and_signs_in(api: Api, case: str) -> None:
    email = new_email()
    api.sign_up(email, TAKEN[case])
    assert api.login(email, TAKEN[case]).status == 200


@pytest.mark.parametrize("case", REFUSED)
def test_i14_i16_a_password_is_refused_before_any_work(api: Api, case: str) -> None:
    with recorded() as calls, hashed() as hashes:
        answer = api.register(new_email(), REFUSED[case])
    assert problem(answer) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert REFUSED[case][:11] not in answer.body.decode() or not REFUSED[case]
    assert (calls, hashes) == ([], [])


@pytest.mark.parametrize("case", DIFFERENT)
def test_i14_a_password_is_not_taken_for_another(api: Api, case: str) -> None:
    own, other = DIFFERENT[case]
    email = new_email()
    api.register(email, own)
    token = api.mailed_token(email)
    assert problem(api.post("/verify-email", {"token": token, "password": other})) == (401, "invalid_credentials")
    assert api.post("/verify-email", {"token": token, "password": own}).status == 200
    assert problem(api.login(email, other)) == (401, "invalid_credentials")


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("order", [1, -1], ids=["one for the other", "the other for the one"])
def test_i14_a_password_is_the_same_from_every_keyboard(api: Api, case: str, order: int) -> None:
    """Unicode has several spellings for it (NFC)."""
    own, other = SAME[case][::order]
    email = new_email()
    assert api.register(email, own).status == 202
    answer = api.post("/verify-email", {"token": api.mailed_token(email), "password": other})
    assert answer.status == 200
    assert [api.login(email, spelling).status for spelling in (own, other)] == [200, 200]


@pytest.mark.parametrize("password", [None, 123456789012, True, ["correct horse battery"], {"$ne": ""}, 1.5])
def test_i14_what_is_not_text_is_no_password(api: Api, password: object) -> None:
    bodies = {"/register": {"email": new_email()}, "/login": {"email": new_email()}, "/verify-email": {"token": "x" * 88}}
    for path, body in bodies.items():
        with recorded() as calls:
            answer = api.post(path, {**body, "password": password})
        assert problem(answer) == (422, "invalid_request")
        assert not calls


HUGE = {
    "10 MB": "x" * (10 * 1024 * 1024 - 200),
    "1 MB of combining marks": "\u0301" * 524_288,
    "1 MB of what NFC makes longer": "\U0001d160" * 262_144,
}


@pytest.mark.parametrize("case", HUGE)
@pytest.mark.parametrize("path", ["/v1/auth/register", "/v1/auth/login", "/v1/auth/verify-email"])
def test_i16_a_huge_password_is_refused_by_its_size(api: Api, case: str, path: str) -> None:
    """Before it's parsed, and so before it's normalised or hashed."""
    own = {"token": "x" * 88} if path.endswith("verify-email") else {"email": new_email()}
    body = json.dumps({**own, "password": HUGE[case]}, ensure_ascii=False)
    with recorded() as calls, hashed() as hashes:
        answer = invoke(api.stack, event("POST", path, body))
    assert problem(answer) == (413, "body_too_large")
    assert (calls, hashes) == ([], [])


@pytest.mark.parametrize(
    "password", ["\ud800" * 12, "correct horse \udfff", "\ud83d correct horse battery", "\ude00\ud83d" * 6]
)
@pytest.mark.parametrize("path", ["/register", "/login", "/verify-email"])
def test_i16_a_lone_surrogate_is_refused(api: Api, password: str, path: str) -> None:
    """JSON can spell it; it's no text, and nothing that hashes bytes can take it."""
    own = {"token": "x" * 88} if path == "/verify-email" else {"email": new_email()}
    with recorded() as calls, hashed() as hashes:
        answer = api.post(path, {**own, "password": password})
    assert problem(answer)[0] in (400, 422)
    assert (calls, hashes) == ([], [])


def test_i14_a_pair_of_surrogates_is_a_character(api: Api) -> None:
    """As JSON spells those beyond the first 65,536."""
    email, password = new_email(), "\U0001f600" * 12
    body = json.dumps({"email": email, "password": password}, ensure_ascii=True)
    assert "\\ud83d\\ude00" in body
    assert api.post("/register", body, headers={"content-type": "application/json"}).status == 202
    assert api.post("/verify-email", {"token": api.mailed_token(email), "password": password}).status == 200


def test_i14_no_password_is_a_key_of_a_table_or_kept_in_clear(api: Api) -> None:
    email, password = new_email(), "an uncommon password \u00e9 of this test"
    api.sign_up(email, password)
    api.login(email, password)
    assert not tables_that_hold(api.stack, spellings(password.encode()))
    (user,) = items(api, "UsersTable", "email = :email AND attribute_exists(password_hash)", email=email)
    assert user["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
