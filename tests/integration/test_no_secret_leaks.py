"""Z-13: secrets that nobody else uses go through every flow; then nothing holds one but what must (ASVS 16.2.5)."""

import json
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import time_machine

from gatepost.storage import keys
from local.events import Request
from local.stack import Stack
from tests.integration import inside
from tests.integration.accounts import User, forgot, mailed_change, mailed_code, other_code, reset, use_code, verify
from tests.integration.aws_faults import always, broken, error, faults
from tests.integration.browsers import COOKIE, Browser
from tests.integration.forger import forger_for
from tests.integration.leaks import Net, Secrets, cast
from tests.integration.sent_mails import text_of
from tests.opaque import items_in_clear, spellings
from tests.support import Api, new_email, token_of


class Stay:
    """A user's way through everything there is, with secrets of their own."""

    def __init__(self, stack: Stack, secrets_: Secrets, clock: time_machine.Traveller) -> None:
        self.stack, self.secrets, self.clock = stack, secrets_, clock
        self.email, self.new_email = new_email(), new_email()
        self.name = f"Canary {secrets.token_hex(8)}"
        passwords = ("first", "second", "third", "wrong", "of a stranger")
        self.passwords = {
            name: secrets_.text(f"password: {name}", f"canary {secrets.token_hex(12)} {name}") for name in passwords
        }
        self.api, self.waiting = Api(stack), ""

    def mailed(self, what: str, email: str) -> str:
        """Return the newest token mailed to `email`, and remember it."""
        return self.secrets.token(f"token: {what}", self.api.mailed_token(email))

    def drive(self) -> None:
        """Go the whole way, and fail in every way on it."""
        user = self.sign_up()
        user = self.use(user)
        user = self.change_everything(user)
        self.fail_inside(user)
        self.leave(user)

    def sign_up(self) -> User:
        first, wrong = self.passwords["first"], self.passwords["wrong"]
        self.api.register(self.email, first, name=self.name)
        token = self.mailed("verification", self.email)
        self.api.post("/resend-verification", {"email": self.email})
        again = self.mailed("verification again", self.email)
        Api(self.stack).register(self.email, self.passwords["of a stranger"], name=self.name)
        self.mailed("verification of a stranger", self.email)
        verify(self.api, token, wrong)
        self.api.post("/verify-email", {"token": token, "password": first, "more": first})
        self.api.post("/verify-email", {"token": token, "password": first, "audience": "https://evil.example"})
        signed_in = verify(self.api, again, first).json()
        verify(self.api, token, first)
        self.secrets.tokens_of("the registration", signed_in)
        Api(self.stack).register(self.email, self.passwords["of a stranger"])
        return User(self.api, self.email, first, signed_in)

    def use(self, user: User) -> User:
        phone = user.login(device_name=self.name)
        self.secrets.tokens_of("the phone", phone.signed_in)
        newer = phone.refreshed()
        self.secrets.tokens_of("the phone later", newer.signed_in)
        phone.refreshed()  # within the grace
        for path in ("", "/sessions", "/audit", "/export", f"/audit?cursor={newer.refresh_token}"):
            newer.call("GET", path)
        newer.call("PATCH", "", {"name": self.name[::-1]})
        self.clock.shift(31)
        self.api.refresh(phone.refresh_token)  # theft
        self.use_codes(user)
        for number in range(11):
            Api(self.stack).login(self.email, f"{self.passwords['wrong']}{number // 9}")
        self.clock.shift(900)
        tablet = user.login(device_name=self.name)
        self.secrets.tokens_of("the tablet", tablet.signed_in)
        tablet.api.post("/logout", {"refresh_token": tablet.refresh_token})
        self.use_in_a_browser()
        user.refreshed()
        self.api.call("GET", f"/v1/me?access_token={user.access_token}")
        self.api.call("GET", "/v1/me", headers={"authorization": f"Basic {user.access_token}"})
        here = user.login()
        self.secrets.tokens_of("here", here.signed_in)
        return here

    def use_codes(self, user: User) -> None:
        """Sign in by e-mail, by digits and by link, and fail at both."""
        for by_link in (False, True):
            digits, link = mailed_code(self.api, self.email)
            self.secrets.token(f"token: link of a code, by_link={by_link}", link)
            use_code(self.api, self.email, other_code(digits))
            self.api.post("/email-code/verify", {"email": self.email, "code": digits, "more": link})
            answer = use_code(self.api, None, link) if by_link else use_code(self.api, self.email, digits)
            self.secrets.tokens_of(f"a code, by_link={by_link}", answer.json())
            use_code(self.api, None, link)

    def use_in_a_browser(self) -> None:
        """With the refresh token in a cookie, which is refused in every way before it's used."""
        browser = Browser(Api(self.stack), self.email)
        browser.login(password=self.passwords["first"])
        for name in ("the browser", "the browser later"):
            assert browser.token is not None
            self.secrets.tokens_of(name, browser.signed_in | {"refresh_token": browser.token})
            for headers in ({}, {"origin": "https://evil.example", "x-gatepost-csrf": "1"}, {"Cookie": f"{COOKIE}=x"}):
                browser.post("/refresh", headers=headers)
                browser.post("/logout", headers=headers)
            browser.post("/refresh", {"audience": "https://evil.example"})
            browser.post("/refresh", {"refresh_transport": browser.token})
            with faults(always("UpdateItem", error("ValidationException"))):
                browser.post("/refresh")
            browser.post("/refresh")
        assert browser.post("/logout").status == 204

    def change_everything(self, user: User) -> User:
        first, second, third, wrong = (self.passwords[name] for name in ("first", "second", "third", "wrong"))
        user.change_password(wrong, second)
        user.change_password(first, "short")
        user.change_password(first, second)
        user = User(user.api, user.email, second, user.signed_in)
        user.change_email(self.new_email, wrong)
        mailed_change(user, self.new_email)
        change = self.mailed("change of address", self.new_email)
        verify(self.api, change, wrong)
        verify(self.api, change, second)
        user = User(user.api, self.new_email, second, user.signed_in)
        forgot(self.api, self.new_email)
        older = self.mailed("reset that was replaced", self.new_email)
        forgot(self.api, self.new_email)
        token = self.mailed("reset", self.new_email)
        reset(self.api, older, third)
        reset(self.api, token, "!!password!!")
        reset(self.api, token, third)
        reset(self.api, token, third)
        user = User(user.api, self.new_email, third, user.signed_in).login()
        self.secrets.tokens_of("after the reset", user.signed_in)
        forgot(self.api, self.new_email)
        self.waiting = self.mailed("reset that waits", self.new_email)
        mailed_change(user, address := new_email())
        self.mailed("change that waits", address)
        return user

    def fail_inside(self, user: User) -> None:
        """By storage that refuses and by what nobody foresaw."""
        third = self.passwords["third"]
        for fault in (broken, error("ValidationException")):
            for operation in ("GetItem", "BatchGetItem", "UpdateItem", "TransactWriteItems", "PutItem", "Query"):
                with faults(always(operation, fault)):
                    user.api.login(self.new_email, third)
                    user.api.refresh(user.refresh_token)
                    user.change_password(third, self.passwords["second"])
                    user.change_email(new_email(), third)
                    reset(self.api, self.waiting, third)
                    Api(self.stack).register(new_email(), third, name=self.name)
                    user.call("GET", "/export")
        for body in (f'{{"password": "{third}"', f'{{"{third}": "{user.refresh_token}"}}', f'["{third}"]'):
            self.api.post("/login", body, headers={"content-type": "application/json"})
        Api(self.stack).register(email := new_email(), self.passwords["of a stranger"], name=self.name)
        with faults(lambda attempt: broken if attempt.operation == "None" else None), suppress(ExceptionGroup):
            self.clock.shift(301)
            self.stack.functions["MailerFunction"].invoke({"gatepost": "sweep"})
        self.mailed("registration whose mail was late", email)

    def leave(self, user: User) -> None:
        """Erase the account, which has one of two passwords by now."""
        user.erase(self.passwords["wrong"])
        user.call("DELETE", "/sessions")
        self.clock.shift(900)
        for name in ("second", "third"):
            answer = self.api.login(self.new_email, self.passwords[name])
            if answer.status == 200:
                self.secrets.tokens_of("the last sign-in", answer.json())
                user = User(self.api, self.new_email, self.passwords[name], answer.json())
        assert user.erase().status == 204
        self.api.login(self.new_email, user.password)
        self.stack.deliver()


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
    return caught


PERSONAL = {"name", "address", "new address"}


def mailed(secrets_: Secrets) -> set[str]:
    return {name for name in secrets_.known if name.startswith("token:")}


def test_z13_the_stay_went_everywhere(net: Net, secrets_: Secrets) -> None:
    """Else nothing that follows says anything."""
    assert len(secrets_.known) >= 25
    statuses = {answer.status for _, answer in net.answers}
    assert statuses >= {200, 202, 204, 400, 401, 422, 429, 500, 503}
    paths = {(request.method, request.path) for request, _ in net.answers}
    routes = {("POST", f"/v1/auth/{name}") for name in ("register", "verify-email", "resend-verification", "login", "refresh")}
    routes |= {("POST", f"/v1/auth/{name}") for name in ("logout", "password/forgot", "password/reset")}
    routes |= {("POST", f"/v1/auth/email-code/{name}") for name in ("start", "verify")}
    routes |= {("GET", "/v1/me"), ("PATCH", "/v1/me"), ("DELETE", "/v1/me"), ("DELETE", "/v1/me/sessions")}
    routes |= {("POST", "/v1/me/password"), ("POST", "/v1/me/email"), ("GET", "/v1/me/export")}
    assert paths >= routes
    assert len(net.mails) >= 12
    assert len(net.lines) >= 100
    assert {operation for _, operation, _ in net.calls} >= {"TransactWriteItems", "UpdateItem", "PutItem", "Query", "Decrypt"}


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


def answers_a_sign_in(request: Request) -> bool:
    return request.path in {"/v1/auth/login", "/v1/auth/email-code/verify", "/v1/auth/refresh", "/v1/auth/verify-email"}


def test_z13_no_answer_holds_a_secret_but_the_tokens_of_a_sign_in(net: Net, secrets_: Secrets) -> None:
    for request, answer in net.answers:
        told = secrets_.within(answer.body + repr(answer.headers).encode())
        if answer.status >= 400 or request.method != "GET":
            told -= PERSONAL if answer.status == 200 else set()
            allowed = answer.status == 200 and answers_a_sign_in(request)
            assert all(allowed and name.startswith(("access token", "refresh token")) for name in told), (request.path, told)
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
