"""One id leads from what a client was answered to everything that its request has left: log, trace, security event, mail."""

import logging
import timeit
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gatepost import correlation, telemetry
from gatepost.storage.table import together
from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.accounts import WRONG, forgot, new_user
from tests.integration.administrators import Staff, administrator
from tests.integration.aws_faults import always, broken, error, faults
from tests.integration.inside import forget_rotation
from tests.integration.logs import captured_logs, captured_records
from tests.integration.ses_feedback import bounce, give
from tests.integration.tables import items
from tests.integration.xray_daemon import SAMPLED, SEGMENT_ID, TRACE_ID, Daemon, traced
from tests.support import Api, new_email, problem


def ids(records: Iterable[logging.LogRecord]) -> set[str | None]:
    """The ids of the requests that lines say they are of."""
    return {getattr(record, "request_id", None) for record in records}


def annotated(daemon: Daemon) -> list[str]:
    """The ids by which X-Ray finds what was sent to it since the last look."""
    return [document["annotations"]["request_id"] for document in daemon.subsegments()]


def _failed_sign_in(api: Api, me: Staff) -> Response:
    return api.login(me.email, WRONG)


def _forgotten_password(api: Api, me: Staff) -> Response:
    return forgot(api, me.email)


def _disabled_user(api: Api, me: Staff) -> Response:
    return me.admin("PATCH", f"/users/{api.sign_up()['user']['id']}", {"status": "disabled"})


def _demanded_reset(api: Api, me: Staff) -> Response:
    return me.admin("POST", f"/users/{api.sign_up()['user']['id']}/password-reset")


@pytest.mark.parametrize(
    ("send", "status", "mails"),
    [(_failed_sign_in, 401, 0), (_forgotten_password, 202, 1), (_disabled_user, 200, 0), (_demanded_reset, 202, 1)],
)
def test_the_id_of_an_answer_finds_its_lines_its_event_its_mail_and_its_trace(
    stack: Stack, send: Callable[[Api, Staff], Response], status: int, mails: int
) -> None:
    api, me = Api(stack), administrator(stack)
    stack.deliver()
    with captured_records() as records, traced() as daemon:
        answer = send(api, me)
        request_id = answer.header("x-request-id")
        assert answer.status == status, answer.body
        if status >= 400:
            assert answer.json()["request_id"] == request_id
        assert records[-1].getMessage() == "request"
        assert records[-1].__dict__["status"] == status
        assert request_id in ids(records)
        assert annotated(daemon)[-1] == request_id
        assert items(api, "AuditTable", "request_id = :id", id=request_id)
        mailed = items(api, "OutboxTable", "request_id = :id", id=request_id)
        assert len(mailed) == mails

        records.clear()
        stack.deliver()
        of_mailer = [record for record in records if getattr(record, "request_id", None) == request_id]
        assert [record.__dict__["mail_id"] for record in of_mailer] == [item["id"] for item in mailed]
        assert annotated(daemon).count(str(request_id)) == mails


def test_a_failure_nobody_foresaw_is_logged_and_traced_as_a_fault_under_its_id(stack: Stack) -> None:
    with captured_records() as records, traced() as daemon, faults(always("BatchGetItem", error("ValidationException"))):
        answer = Api(stack).post("/resend-verification", {"email": new_email()})
    assert problem(answer) == (500, "internal_error")
    assert ids(records) == {answer.header("x-request-id")}
    assert [record.exc_info is not None for record in records if record.levelno == logging.ERROR] == [True]
    (document,) = daemon.subsegments()
    assert document["fault"] is True


def test_a_warning_from_deep_inside_is_of_its_request(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where it's written in a thread of its own, and by a logger that knows nothing of requests."""
    user = new_user(stack)
    with captured_records() as records, faults(always("UpdateItem LIMIT#account DELETE", broken)):
        answer = user.api.login(user.email)
    assert answer.status == 200
    warnings = [record for record in records if record.levelno == logging.WARNING]
    assert warnings
    assert ids(records) == {answer.header("x-request-id")}


def test_threads_of_a_request_are_of_it_and_other_requests_are_not() -> None:
    telemetry.logger()
    make = logging.getLogger("a library").makeRecord

    def seen() -> str | None:
        record = make("a library", logging.INFO, "", 0, "", (), None)
        return getattr(record, "request_id", None)

    def of_request(number: int) -> list[Any]:
        with correlation.serving(str(number)):
            return [*together(seen, seen, correlation.request_id), seen()]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(of_request, range(100))) == [[str(number)] * 4 for number in range(100)]
    assert seen() is None


def test_a18_nothing_is_left_of_an_id_after_its_request_however_it_ended(stack: Stack) -> None:
    invoke(stack, event(path="/health", request_id="first"))
    with pytest.raises(ValueError, match="broken"), correlation.serving("second"):
        raise ValueError("broken")
    assert correlation.request_id() is None
    with captured_logs() as lines:
        logging.getLogger("gatepost").warning("between requests")
        invoke(stack, event(path="/health", request_id="third"))
    assert "first" not in "".join(lines)
    assert "second" not in "".join(lines)


def test_the_id_a_client_sends_is_nowhere(stack: Stack) -> None:
    with captured_records() as records, traced() as daemon:
        Api(stack).call("GET", "/v1/me", headers={"x-request-id": "the-clients", "x-amzn-requestid": "the-clients"})
    assert "the-clients" not in repr([record.__dict__ for record in records]) + repr(daemon.subsegments())


def test_the_keys_function_goes_on_under_the_id_of_the_administrators_request(stack: Stack) -> None:
    me = administrator(stack)
    forget_rotation(stack)
    with traced() as daemon:
        answer = me.admin("POST", "/keys/rotate")
    assert answer.status == 202
    assert annotated(daemon) == [answer.header("x-request-id")] * 2


def test_what_ses_tells_leads_back_to_the_mail(stack: Stack) -> None:
    api = Api(stack)
    user = new_user(stack)
    answer = forgot(api, user.email)
    (mail,) = items(api, "OutboxTable", "request_id = :id", id=answer.header("x-request-id"))
    told = bounce(user.email)
    told["detail"]["mail"]["tags"]["mail_id"] = [mail["id"]]
    with captured_records() as records:
        give(stack, told)
    assert records[-1].__dict__["mail_id"] == mail["id"]
    (marked,) = items(api, "AuditTable", "event = :event AND user_id = :user", event="email.bounced", user=user.id)
    assert ids(records) == {marked["request_id"]}


@pytest.mark.parametrize(
    "header", ["", SAMPLED.replace("Sampled=1", "Sampled=0"), "Sampled=1", "é;Root=;Sampled=1", SAMPLED[:20]]
)
def test_a_request_that_is_not_sampled_sends_no_datagram(stack: Stack, header: str) -> None:
    with traced(header) as daemon:
        assert invoke(stack, event(path="/health")).status == 200
    assert daemon.subsegments() == []


def test_a_subsegment_belongs_to_the_functions_own_segment(stack: Stack) -> None:
    """https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html"""
    with traced() as daemon:
        invoke(stack, event(path="/health", request_id="JKJaXmPLvHcESHA="))
    (document,) = daemon.subsegments()
    assert (document["type"], document["trace_id"], document["parent_id"]) == ("subsegment", TRACE_ID, SEGMENT_ID)
    assert int(document["id"], 16).bit_length() <= 64
    assert len(document["id"]) == 16
    assert document["start_time"] <= document["end_time"]
    assert document["annotations"] == {"request_id": "JKJaXmPLvHcESHA="}


@pytest.mark.parametrize("address", ["127.0.0.1:9", "999.0.0.1:2000", "nowhere.invalid:2000", "127.0.0.1:99999", "none", ""])
def test_a_daemon_that_is_not_there_fails_no_request(stack: Stack, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED)
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
    assert invoke(stack, event(path="/health")).status == 200


def test_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    """Less than a millisecond, by far: this prints how much (`pytest -s`)."""

    def serve() -> None:
        with correlation.serving("JKJaXmPLvHcESHA="):
            pass

    unsampled = min(timeit.repeat(serve, number=200, repeat=5)) / 200
    with traced():
        sampled = min(timeit.repeat(serve, number=50, repeat=5)) / 50
    with capsys.disabled():
        print(f"\ncorrelation: {unsampled * 1e6:.1f} µs a request, {sampled * 1e6:.1f} µs where X-Ray samples it")  # noqa: T201
    assert sampled < 0.01
