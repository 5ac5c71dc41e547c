"""Z-13: secrets that nobody else uses go through every flow; then nothing holds one but what must (ASVS 16.2.5)."""

import json
import logging
import secrets
from datetime import UTC, datetime

import pytest
import time_machine

from gatepost.storage import keys
from local.events import Request, Response
from local.stack import Stack
from tests.integration import inside
from tests.integration.accounts import forgot
from tests.integration.forger import forger_for
from tests.integration.leaks import Net, Secrets, cast
from tests.integration.sent_mails import text_of
from tests.integration.stay import Stay
from tests.opaque import items_in_clear, spellings
from tests.support import Api, new_email, token_of


@pytest.fixture(scope="module")
def secrets_() -> Secrets:
    """The secrets of the stay."""
    return Secrets()


@pytest.fixture(scope="module")
def net(stack: Stack, secrets_: Secrets) -> Net:
    """All that passed while somebody stayed; logs at the most talkative level a deployment can set."""
    stack.deliver()
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as clock, cast(logging.DEBUG) as caught:
        stay = Stay(stack, secrets_, clock)
        secrets_.known["name"] = spellings(stay.name.encode()) | spellings(stay.name[::-1].encode())
        secrets_.known["address"] = spellings(stay.email.encode())
        secrets_.known["new address"] = spellings(stay.new_email.encode())
        stay.drive()
        stack.deliver()  # what others are told of it
    return caught


PERSONAL = {"name", "address", "new address"}


def mailed(secrets_: Secrets) -> set[str]:
    return {name for name in secrets_.known if name.startswith("token:")}


def test_z13_the_stay_went_everywhere(net: Net, secrets_: Secrets) -> None:
    """Else nothing that follows says anything."""
    assert len(secrets_.known) >= 31
    statuses = {answer.status for _, answer in net.answers}
    assert statuses >= {200, 202, 204, 400, 401, 422, 429, 500, 503}
    paths = {(request.method, request.path) for request, _ in net.answers}
    routes = {("POST", f"/v1/auth/{name}") for name in ("register", "verify-email", "resend-verification", "login", "refresh")}
    routes |= {("POST", f"/v1/auth/{name}") for name in ("logout", "password/forgot", "password/reset")}
    routes |= {("POST", f"/v1/auth/email-code/{name}") for name in ("start", "verify")}
    routes |= {("POST", "/v1/auth/api-key"), ("POST", "/v1/me/api-keys"), ("GET", "/v1/me/api-keys")}
    routes |= {("GET", "/v1/me"), ("PATCH", "/v1/me"), ("DELETE", "/v1/me"), ("DELETE", "/v1/me/sessions")}
    routes |= {("POST", "/v1/me/password"), ("POST", "/v1/me/email"), ("GET", "/v1/me/export")}
    assert paths >= routes
    assert len(net.mails) >= 12
    assert len(net.lines) >= 100
    assert {operation for _, operation, _ in net.calls} >= {
        "TransactWriteItems",
        "UpdateItem",
        "PutItem",
        "Query",
        "Decrypt",
        "PutEvents",
    }


def test_z13_the_net_holds_what_it_should_catch(secrets_: Secrets, net: Net) -> None:
    """Each secret, as it is, in hexadecimal and in base64, wherever it stands."""
    assert net
    assert Secrets({"x": spellings(b"a canary of this test")}).within(json.dumps(["a canary of this test"]).encode()) == {"x"}
    for name, spelt in secrets_.known.items():
        for spelling in spelt:
            assert name in secrets_.within(b"before " + spelling + b" after")
    assert not secrets_.within(b"an innocent text")


def test_z13_no_call_to_aws_says_a_secret(net: Net, secrets_: Secrets) -> None:
    """Nothing that was ever written or looked for, whatever became of it; addresses and names stand where they belong."""
    told = {(service, operation, name) for service, operation, said in net.calls for name in secrets_.within(said)}
    assert {entry for entry in told if entry[2] not in PERSONAL} == set()
    assert {(service, operation) for service, operation, _ in told} <= {("dynamodb", "TransactWriteItems")}


def test_z13_no_table_holds_a_secret(stack: Stack, net: Net, secrets_: Secrets) -> None:
    """After the account was erased not even a name or an address: but those of people who were only asked for."""
    assert net
    found = {(table, name) for table, content in items_in_clear(stack) for name in secrets_.within(content)}
    assert found <= {("SessionsTable", "name")}  # a registration that still waits


def test_z13_no_line_of_the_log_holds_a_secret_a_name_or_an_address(net: Net, secrets_: Secrets) -> None:
    assert {name for line in net.lines for name in secrets_.within(line.encode())} == set()


def test_z13_no_header_of_a_mail_holds_a_secret_and_no_mail_more_than_its_link(net: Net, secrets_: Secrets) -> None:
    for message in net.mails:
        heads = [part.items() for part in message.walk()]
        assert secrets_.within(str(heads).encode()) <= {"address", "new address"}
        told = secrets_.within(text_of(message).encode())
        assert told <= mailed(secrets_), message["Subject"]
        assert len(told) <= 1
    assert {name for message in net.mails for name in secrets_.within(text_of(message).encode())} == mailed(secrets_)


SIGN_INS = {f"/v1/auth/{path}" for path in ("login", "email-code/verify", "refresh", "verify-email", "api-key")}


def may_tell(request: Request, answer: Response, name: str) -> bool:
    """Whether this answer is there to tell the secret of this name."""
    if (request.method, request.path, answer.status) == ("POST", "/v1/me/api-keys", 201):
        return name in ("API key 1", "API key 2")
    return answer.status == 200 and request.path in SIGN_INS and name.startswith(("access token", "refresh token"))


def test_z13_no_answer_holds_a_secret_but_the_tokens_of_a_sign_in_and_a_new_api_key(net: Net, secrets_: Secrets) -> None:
    for request, answer in net.answers:
        told = secrets_.within(answer.body + repr(answer.headers).encode())
        if answer.status >= 400 or request.method != "GET":
            told -= PERSONAL if answer.status in (200, 201) else set()
            assert all(may_tell(request, answer, name) for name in told), (request.path, told)
        else:
            assert told <= PERSONAL, (request.path, told)


def test_z13_no_private_key_stands_anywhere(stack: Stack, net: Net) -> None:
    """Neither that of the signatures nor those of waiting mails."""
    user = Api(stack).sign_up()
    private = forger_for(stack, user["access_token"]).key.private_numbers()
    size = (private.p.bit_length() + 7) // 8
    marks = {spelling for number in (private.p, private.q, private.d) for spelling in spellings(number.to_bytes(size * 2))}
    marks |= {spelling for number in (private.p, private.q) for spelling in spellings(number.to_bytes(size))}
    everything = b"\n".join([*(said for _, _, said in net.calls), *(line.encode() for line in net.lines)])
    everything += b"\n".join(content for _, content in items_in_clear(stack))
    everything += b"".join(answer.body for _, answer in net.answers)
    assert not [mark for mark in marks if mark in everything]
    assert b"PRIVATE KEY" not in everything


def test_z13_a_waiting_mail_says_nothing(stack: Stack, net: Net) -> None:
    """Not to whom, not what, and by its length neither."""
    assert net
    api, email = Api(stack), new_email()
    stack.deliver()
    api.register(email)
    api.sign_up(long := f"{'x' * 50}{secrets.token_hex(6)}@{'y' * 60}.example")
    forgot(api, long)
    held = [content for table, content in items_in_clear(stack, "OutboxTable") if b"sealed" in content]
    assert not [content for content in held for text in (email, long, "verif", "http") if text.encode() in content]
    secret = Secrets()
    for address in (email, long):
        secret.token(address, token_of(api.mails(address)[0]))
    assert not [content for content in held if secret.within(content)]


def test_z13_an_item_of_a_session_is_no_use_to_who_reads_the_table(stack: Stack, net: Net) -> None:
    """Neither the current token nor the one before can be made of it."""
    assert net
    api = Api(stack)
    first = api.sign_up()
    second = api.refresh(first["refresh_token"]).json()
    item = inside.session_of(api, first)
    assert item is not None
    assert item["pk"] == keys.session(first["user"]["id"], first["session_id"])["pk"]
    content = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in _flat(item))
    known = Secrets()
    known.tokens_of("first", first)
    known.tokens_of("second", second)
    assert not known.within(content)


def _flat(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in _flat(member)]
    return [leaf for member in value for leaf in _flat(member)] if isinstance(value, list) else [value]
