"""A user's way through everything there is, with secrets of their own: for the net of `leaks`."""

import secrets
from contextlib import suppress

import time_machine

from local.stack import Stack
from tests.integration.accounts import User, forgot, mailed_change, mailed_code, other_code, reset, use_code, verify
from tests.integration.api_keys import ask_for_api_key, new_api_key, present, with_another_secret
from tests.integration.aws_faults import always, broken, error, faults
from tests.integration.browsers import COOKIE, Browser
from tests.integration.leaks import Secrets
from tests.support import Api, new_email


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
        self.use_an_api_key(here)
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

    def use_an_api_key(self, user: User) -> None:
        """Make two, present them in every wrong way and in the right one, and delete one; the other stays until the end."""
        headers = {"idempotency-key": "one"}
        for number in (1, 2):
            key = new_api_key(user, name=self.name, headers=headers if number == 1 else None)
            self.secrets.api_key(f"API key {number}", key.text)
            ask_for_api_key(user, name=self.name, headers=headers)
            wrong = self.secrets.api_key(f"API key {number}, guessed", with_another_secret(key.text))
            for text in (wrong, key.text[:-1], key.text.swapcase(), f"{key.text} ", f"x{key.text}"):
                present(key.api, text)
            key.exchange(audience="https://evil.example")
            key.api.post("/api-key", {"api_key": key.text, "more": key.text})
            key.api.post(f"/api-key?api_key={key.text}", {})
            key.api.me(key.text)
            with faults(always("BatchGetItem", error("ValidationException"))):
                key.exchange()
            token = self.secrets.access_token(f"API key {number}", key.access_token())
            key.api.me(token)
            key.api.call("GET", "/v1/me/api-keys", token=token)
            user.call("GET", "/api-keys")
            user.call("DELETE", f"/api-keys/{key.text}")
            if number == 1:
                assert user.call("DELETE", f"/api-keys/{key.id}").status == 204
                key.exchange()

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
