"""A whole stack: the shop, without an HTTP server."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import local.schedules
from gatepost.aws.custom_resources import respond
from local.errors import StackError
from local.gateway import MAX_BODY_BYTES
from local.mailbox import Mailbox
from local.model import Function, Schedule
from local.schedules import interval
from local.stack import Stack
from tests.unit.local.stand_ins import module

GOOD = {"Authorization": "Bearer good"}


def test_a_request_travels_through_the_real_handler(shop: Stack) -> None:
    response = shop.request("GET", "/status?a=1", headers={"X-Test": "yes"})
    assert (response.status, response.header("content-type")) == (200, "application/json")
    answer = response.json()
    assert (answer["greeting"], answer["price"]) == ("Hello, tester!", 42)
    assert 0 < answer["milliseconds"] <= 7000
    event = answer["event"]
    assert (event["routeKey"], event["headers"]["x-test"], event["rawQueryString"]) == ("GET /status", "yes", "a=1")
    assert "authorizer" not in event["requestContext"]


def test_headers_that_differ_in_case_alone_are_joined(shop: Stack) -> None:
    event = shop.request("GET", "/status", headers={"X-A": "1", "x-a": "2", "Host": "shop.example"}).json()["event"]
    assert (event["headers"]["x-a"], event["headers"]["host"]) == ("1,2", "shop.example")


def test_bodies_are_sent_as_json_or_as_they_are(shop: Stack) -> None:
    event = shop.request("POST", "/orders", body={"a": 1}).json()["event"]
    assert (json.loads(event["body"]), event["headers"]["content-type"]) == ({"a": 1}, "application/json")
    raw = shop.request("POST", "/orders", body=b"x", headers={"content-type": "text/plain"}).json()["event"]
    assert (raw["body"], raw["headers"]["content-length"]) == ("x", "1")


@pytest.mark.parametrize(
    "request_line", ["GET /", "GET /nowhere", "POST /status", "GET /status/", "GET /STATUS", "GET //status"]
)
def test_an_unknown_route_gets_the_gateways_own_404(shop: Stack, request_line: str) -> None:
    response = shop.request(*request_line.split(" "))
    assert (response.status, response.body) == (404, b'{"message":"Not Found"}')
    assert response.headers == (("content-type", "application/json"),)


@pytest.mark.parametrize("path", ["/odd/crash", "/odd/body", "/odd/header", "/odd/status", "/odd/unserialisable"])
def test_what_a_function_does_wrong_is_a_500_and_on_the_console(
    shop: Stack, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = shop.request("GET", path)
    assert (response.status, response.body) == (500, b'{"message":"Internal Server Error"}')
    assert caplog.records
    if path == "/odd/crash":
        assert "RuntimeError: as asked for" in caplog.text


def test_answers_of_every_form(shop: Stack) -> None:
    assert shop.request("GET", "/odd/plain").json() == ["no statusCode"]
    assert shop.request("GET", "/odd/binary").body == b"\x00\xff"
    cookies = shop.request("PUT", "/odd/cookies")
    assert cookies.status == 204
    assert [value for name, value in cookies.headers if name == "set-cookie"] == ["a=1; Secure", "b=2"]


def test_requests_over_the_gateways_limits_reach_no_function(shop: Stack) -> None:
    too_large = shop.request("POST", "/orders", body=b"x" * (MAX_BODY_BYTES + 1))
    assert (too_large.status, too_large.json()) == (413, {"message": "Request Entity Too Large"})
    headers = shop.request("GET", "/status", headers={"x": "x" * 10_240})
    assert (headers.status, headers.json()) == (431, {"message": "Request Header Fields Too Large"})
    assert shop.request("GET", "/status?" + "x" * 10_240).status == 431
    assert shop.request("GET", "/status", headers={"x": "x" * 10_000}).status == 200


def test_an_authorizers_context_reaches_the_function(shop: Stack) -> None:
    event = shop.request("GET", "/orders/7", headers=GOOD).json()["event"]
    assert event["requestContext"]["authorizer"] == {"lambda": {"sub": "ada"}}
    assert event["pathParameters"] == {"id": "7"}


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "Unauthorized"),
        ({"authorization": "Bearer nobody"}, 401, "Unauthorized"),
        ({"authorization": "Bearer poor"}, 403, "Forbidden"),
        ({"authorization": "Bearer odd"}, 500, "Internal Server Error"),
        ({"authorization": "Bearer crash"}, 500, "Internal Server Error"),
    ],
)
def test_whom_the_authorizer_does_not_let_in(shop: Stack, headers: dict[str, str], status: int, message: str) -> None:
    response = shop.request("GET", "/orders/7", headers=headers)
    assert (response.status, response.json()) == (status, {"message": message})


def test_the_authorizer_is_asked_once_for_a_method_and_path(shop: Stack) -> None:
    for path in ("/orders/7", "/orders/7", "/orders/8"):
        assert shop.request("GET", path, headers=GOOD).status == 200
    assert len(module(shop, "DoorFunction").calls) == 2


def test_a_row_becomes_a_mail(shop: Stack) -> None:
    assert shop.mails() == []
    shop.request("POST", "/orders", body="7", headers={"content-type": "text/plain"})
    (mail,) = shop.mails(to="ada@example.com")
    assert (mail.subject, mail.links, mail.code) == ("Order 7", ("https://shop.example/orders?token=7",), "123456")
    page = shop.request("GET", "/_local/mailbox?to=ada%40example.com")
    assert [entry["subject"] for entry in page.json()] == ["Order 7"]


def test_a_poisoned_row_holds_up_no_other(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.streams._RETRY_SECONDS", 0.0)
    for number in ("1", "shy", "poison", "2"):
        shop.request("POST", "/orders", body=number, headers={"content-type": "text/plain"})
    assert {mail.subject for mail in shop.mails()} >= {"Order 1", "Order shy"}
    shop.request("POST", "/orders", body="3", headers={"content-type": "text/plain"})
    assert shop.mails()[0].subject == "Order 3"


def test_after_start_streams_deliver_by_themselves(shop: Stack, aws: Mailbox) -> None:
    shop.start()
    shop.request("POST", "/orders", body="7", headers={"content-type": "text/plain"})
    pause = threading.Event()
    for _ in range(100):
        if aws.newest_first():
            break
        pause.wait(0.05)
    assert [mail.subject for mail in aws.newest_first()] == ["Order 7"]


def test_custom_resources_are_created_as_cloudformation_does(shop: Stack) -> None:
    (event,) = module(shop, "SetupFunction").events
    assert event.keys() == {
        "RequestType",
        "ResponseURL",
        "StackId",
        "RequestId",
        "ResourceType",
        "LogicalResourceId",
        "ResourceProperties",
    }
    assert (event["RequestType"], event["ResourceType"], event["LogicalResourceId"]) == ("Create", "Custom::Setup", "Setup")
    assert event["ResourceProperties"]["Retries"] == "3"
    assert event["StackId"].startswith("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("the door is shut", "The custom resource Setup failed: the door is shut"),
        ("silence", "The custom resource Setup failed: SetupFunction sent nothing to the response URL."),
    ],
)
def test_a_custom_resource_that_fails_stops_the_stack(aws: Mailbox, shop_template: Path, reason: str, message: str) -> None:
    with pytest.raises(StackError) as failure:
        Stack(shop_template, aws, name="shop", parameters={"Greeting": "Hello", "SetupReason": reason})
    assert str(failure.value) == message


def test_schedules_call_their_function(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    called = threading.Event()
    events: list[Any] = []

    def invoke(event: Any) -> None:
        events.append(event)
        called.set()

    monkeypatch.setattr(shop.functions["MailerFunction"], "invoke", invoke)
    monkeypatch.setattr(local.schedules, "interval", lambda _: 0.01)
    shop.start()
    assert called.wait(5)
    assert events[0] == {"daily": True}


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(2 days)", 172_800)],
)
def test_rates(expression: str, seconds: int) -> None:
    assert interval(Schedule("F.S", expression, {})) == seconds


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(5)", "at(2026-11-23T12:00:00)"])
def test_other_schedules_are_refused(expression: str) -> None:
    with pytest.raises(StackError, match=r"Schedule F\.S: the local stack knows rate"):
        interval(Schedule("F.S", expression, {}))


def test_two_stacks_stand_side_by_side(shop: Stack, aws: Mailbox, shop_template: Path) -> None:
    with Stack(shop_template, aws, name="other", parameters={"Greeting": "Ahoy"}) as other:
        assert other.request("GET", "/status").json()["greeting"] == "Ahoy, tester!"
        assert shop.request("GET", "/status").json()["greeting"] == "Hello, tester!"


def test_40_threads_are_served_at_once(shop: Stack) -> None:
    answers: list[int] = []

    def ask(number: int) -> None:
        answers.append(shop.request("POST", "/orders", body=f"{number}", headers={"content-type": "text/plain"}).status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40
    assert len(shop.mails()) == 40


def test_functions_that_run_elsewhere_are_called_for_everything(aws: Mailbox, shop_template: Path) -> None:
    class Elsewhere:
        """Answers every event by its own name."""

        def __init__(self, function: Function, settings: Mapping[str, str]) -> None:
            self.definition = function

        def invoke(self, event: Any) -> Any:
            if "ResponseURL" in event:
                respond(event, "made", "SUCCESS")
            return {"statusCode": 200, "body": self.definition.logical_id}

    with Stack(shop_template, aws, name="shop", parameters={"Greeting": "Hello"}, cold_start=Elsewhere) as stack:
        assert stack.request("GET", "/status").body == b"ApiFunction"
