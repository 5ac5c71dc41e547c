"""Any text of 12 to 64 characters is a password, and is one the next time too: there are no composition rules (I-16, I-17)."""

import json

import pytest
from argon2 import PasswordHasher

from gatepost.identifiers import TokenKind, encode_token
from local.stack import Stack
from tests.calls import hashed, recorded
from tests.integration.account_events import event, invoke
from tests.integration.accounts import REFUSED, WRONG, User, mailed_reset, new_user, reset
from tests.integration.inside import change_user
from tests.support import PASSWORD, Api, new_email, problem

# In the manner of the Big List of Naughty Strings: texts that mean something to somebody on the way.
NAUGHTY = [
    # what languages take for nothing, truth or numbers
    *("undefinedundefined", "null null null", "NULL\0NULL\0NULL", "NaN NaN NaN NaN", "true false true", "(null)(null)(null)"),
    *("00000000000000000001", "-9223372036854775808", "1E+02 1E+02 1E+02", "0x7fffffffffffffff", "1/0 1/0 1/0 1/0"),
    *(
        "999999999999999999999999999999",
        "1,000,000,000.00",
        "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660\u0661\u0662",
    ),
    # blanks and what can't be seen
    *(
        " " * 12,
        "\t" * 12,
        "\n" * 12,
        "\r\n" * 6,
        "\u00a0" * 12,
        "\u3000" * 12,
        "\u200b" * 12,
        "\u2028\u2029" * 6,
        "\ufeff" * 12,
    ),
    *("\u180e\u2060\u200c\u200d" * 3, " leading and trailing ", "\0" * 12, "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f"),
    *("\x1b[31mred\x1b[0m text", "\x7f\x80\x81\x82\x83\x84\x86\x87\x88\x89\x8a\x8b", "\ufffe\uffff\U0001fffe noncharacters"),
    # other scripts, directions and pictures
    *("\u043f\u0430\u0440\u043e\u043b\u044c \u043f\u0430\u0440\u043e\u043b\u044c", "\u5bc6\u7801\u5bc6\u7801" * 3),
    *(
        "\u30d1\u30b9\u30ef\u30fc\u30c9" * 3,
        "\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631 !",
        "\u202eabc\u202ddef\u2066ghi\u2069",
    ),
    *(
        "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 3,
        "\U0001f1e9\U0001f1ea" * 6,
        "\u2764\ufe0f" * 6,
        "\U0001f44d\U0001f3fd" * 6,
    ),
    *("Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324 Zalgo", "\u1680\u2000\u2001\u2002\u2003\u2004" * 2),
    *(
        "\u00df\u017f\u0131\u0130\u212a\u1e9e\u03c2\u03c3\u01c5\ufb01\ufb03\u0149",
        "\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff44 wide",
        "\U00010330" * 12,
    ),
    # injections
    *("'; DROP TABLE users;--", "' OR '1'='1' /* ", '" or ""="" or "', "1;SELECT pg_sleep(9)", "*)(uid=*))(|(uid=*"),
    *('{"$gt": ""}{"$ne": 1}', "#a = :b AND #c", "<script>alert(1)</script>", "<img src=x onerror=a>", "javascript:alert(1)//"),
    *("{{7*7}}${7*7}<%= 7*7 %>", "{% raw %}{{ x }}", "$(touch /tmp/x)`id`", "| cat /etc/passwd", "../../../../etc/passwd"),
    *("%00%0a%0d%s%n%x%d", "() { :; }; echo vulnerable", "<!ENTITY x SYSTEM '/'>", "CON PRN AUX NUL COM1", "=cmd|'/C calc'!A0"),
    # what separates the parts of hashes, headers and addresses, and escapes
    *("$argon2id$v=19$m=19456", "a:b:c:d:e:f:g:h", "Basic dXNlcjpwYXNz", "x@example.com,y@z", "\\\\\\\\\\\\\\\\\\\\\\\\"),
    *('""""""""""""', "''''''''''''", "\\u0041\\n\\t\\0\\x41", "&lt;&amp;&quot;&#0;", "a%20b%20c%20d+e", "\r\nSet-Cookie: a=b"),
    *("x" * 64, "\U0010ffff" * 64, "kkkkkkkkkkkkkkkkk", "qzqzqzqzqzqz", "            x"),
]


def test_the_list_is_what_it_says() -> None:
    assert len(NAUGHTY) == len(set(NAUGHTY)) >= 60
    assert {len(password) for password in NAUGHTY} >= {12, 64}
    assert all(12 <= len(password) <= 64 for password in NAUGHTY)


@pytest.mark.parametrize("password", NAUGHTY, ids=ascii)
def test_i17_any_text_is_a_password_and_signs_in_again(stack: Stack, password: str) -> None:
    user = new_user(stack, password=password)
    assert user.login().lives()
    assert problem(Api(stack).login(user.email, f"{password}x")) == REFUSED


@pytest.mark.parametrize("password", NAUGHTY[::6], ids=ascii)
def test_i17_any_text_can_be_changed_and_reset_to(stack: Stack, password: str) -> None:
    user = new_user(stack)
    assert user.change_password(PASSWORD, password).status == 204
    assert user.login(password).change_password(password, WRONG).status == 204
    assert reset(user.api, mailed_reset(user.api, user.email), password).status == 204
    assert user.login(password).lives()


HUGE = {
    "10 MB": "x" * (10 * 1024 * 1024 - 300),
    "1 MB of combining marks": "\u0301" * 524_288,
    "60 KB": "x" * 60_000,
    "257 characters": "x" * 257,
    "10,000 combining marks": "\u0301" * 10_000,
    "a lone surrogate": "correct horse \udfff battery",
}


@pytest.fixture(scope="module")
def user(stack: Stack) -> User:
    """A user whose password stays what it is."""
    return new_user(stack)


@pytest.mark.parametrize("case", HUGE)
def test_i16_what_can_be_no_password_is_refused_before_any_work(stack: Stack, user: User, case: str) -> None:
    """Whatever it would take to normalise or hash it."""
    token = encode_token(TokenKind.PASSWORD_RESET, bytes.fromhex(user.id), bytes(34))
    requests: list[tuple[str, str, dict[str, str]]] = [
        ("POST", "/v1/me/password", {"current_password": HUGE[case], "new_password": WRONG}),
        ("POST", "/v1/me/password", {"current_password": PASSWORD, "new_password": HUGE[case]}),
        ("POST", "/v1/me/email", {"new_email": new_email(), "password": HUGE[case]}),
        ("DELETE", "/v1/me", {"password": HUGE[case]}),
        ("POST", "/v1/auth/password/reset", {"token": token, "new_password": HUGE[case]}),
    ]
    for method, path, body in requests:
        text = json.dumps(body, ensure_ascii="surrogate" in case)
        with recorded() as calls, hashed() as hashes:
            answer = invoke(stack, event(method, path, text, token=user.access_token))
        assert problem(answer) in {(413, "body_too_large"), (422, "invalid_request"), (400, "malformed_request")}
        assert hashes == []
        assert {call.operation for call in calls} <= {"BatchGetItem", "GetItem"}  # whose token it is, and the keys
    assert user.api.me(user.access_token).status == 200


WEAKER = {
    "fewer passes": PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1),
    "less memory": PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1),
    "a shorter hash": PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=16),
}


def stored_hash(api: Api, user_id: str) -> str:
    (item,) = [item for item in api.table("UsersTable") if item.get("id") == user_id]
    return str(item["password_hash"])


@pytest.mark.parametrize("case", WEAKER)
def test_i24_a_weaker_hash_is_made_anew_at_the_next_sign_in(stack: Stack, case: str) -> None:
    user = new_user(stack)
    weak = WEAKER[case].hash(PASSWORD)
    change_user(user.api, user.id, password_hash=weak)

    assert problem(user.api.login(user.email, WRONG)) == REFUSED
    assert stored_hash(user.api, user.id) == weak

    again = user.login()
    upgraded = stored_hash(user.api, user.id)
    assert upgraded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().verify(upgraded, PASSWORD)

    # And once: sessions, old and new, go on, and the new hash is as good as any.
    assert user.login().lives()
    assert stored_hash(user.api, user.id) == upgraded
    assert again.lives()
    assert user.lives()
    assert problem(user.api.login(user.email, WRONG)) == REFUSED


@pytest.mark.parametrize("case", WEAKER)
def test_i24_a_wrong_password_never_makes_a_hash_anew(stack: Stack, case: str) -> None:
    """At no door."""
    user = new_user(stack)
    weak = WEAKER[case].hash(PASSWORD)
    change_user(user.api, user.id, password_hash=weak)
    answers = [user.change_password(WRONG), user.change_email(new_email(), WRONG), user.erase(WRONG)]
    answers += [Api(stack).login(user.email, WRONG), Api(stack).login(user.email, PASSWORD.upper())]
    assert [problem(answer) for answer in answers] == [REFUSED] * 5
    assert stored_hash(user.api, user.id) == weak


def test_i24_a_hash_of_todays_parameters_is_left_as_it_is(stack: Stack) -> None:
    user = new_user(stack)
    before = stored_hash(user.api, user.id)
    with hashed() as hashes:
        user.login()
    assert len(hashes) == 1  # verified, and nothing made
    assert stored_hash(user.api, user.id) == before
