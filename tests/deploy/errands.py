"""Everything that the functions do, so that each call they make is made at least once: what the flows of the tests ask of the
API, refusals too, and what the other functions are called for.
"""

from dataclasses import replace
from datetime import timedelta

import time_machine

from gatepost import clock
from local.custom_resources import create_custom_resource
from local.stack import Stack
from tests.integration.accounts import INVALID_REFRESH_TOKEN, new_user, outcome
from tests.integration.audited_deeds import DEEDS, Agent
from tests.integration.flows import FLOWS
from tests.integration.ses_feedback import bounce, complaint, give
from tests.support import Api, new_email

_A_MINUTE, _A_MONTH = timedelta(minutes=1), timedelta(days=31)


def run(stack: Stack) -> None:
    """Have the functions of `stack` do all there is to do."""
    _deploy_again(stack)  # as long as nobody is administrator
    for flow in FLOWS:
        answer = flow.prepare(Api(stack))()
        assert answer.status == flow.success, (flow.name, answer.body)
    for deed, (prepare, *_) in DEEDS.items():
        user = new_user(stack)
        answer = prepare(user, user.login())(Agent(Api(stack)))
        assert answer.status < 500, (deed, answer.body)
    for path in ("/health", "/health/ready", "/.well-known/jwks.json", "/.well-known/gatepost/revocations"):
        assert Api(stack).call("GET", path).status == 200, path
    _use_a_refresh_token_again(stack)
    _tell_of_bounces(stack)
    _send_mails(stack)
    _publish_again(stack)
    with _later(_A_MONTH):
        stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})


def _use_a_refresh_token_again(stack: Stack) -> None:
    """Which ends the session, and mails its user."""
    user = new_user(stack)
    user.refreshed()
    with _later(_A_MINUTE):
        assert outcome(user.api.refresh(user.refresh_token)) == INVALID_REFRESH_TOKEN


def _tell_of_bounces(stack: Stack) -> None:
    """Of an address that has an account, and of one that has none."""
    known = new_user(stack).email
    assert give(stack, bounce(known, new_email())) == 2
    assert give(stack, complaint(known)) == 1
    Api(stack).register(known)


def _send_mails(stack: Stack) -> None:
    """Those that the stream tells of, and later what it didn't."""
    stack.deliver()
    Api(stack).register(new_email())
    with _later(10 * _A_MINUTE):
        assert stack.functions["MailerFunction"].invoke({"gatepost": "sweep"}) == {"sent": 1}
    stack.deliver()


def _publish_again(stack: Stack) -> None:
    """What was published already."""
    wanted = {"operator": "arn:aws:iam::123456789012:user/ada", "from_ms": 0, "to_ms": clock.now_ms()}
    assert stack.functions["EventsFunction"].invoke({"replay": wanted})["seen"]


def _deploy_again(stack: Stack) -> None:
    """With another first administrator."""
    for resource in stack.template.custom_resources:
        changed = {"Email": new_email()} if "Email" in resource.properties else {}
        given = {**resource.properties, **changed}
        create_custom_resource(replace(resource, properties=given), stack.functions[resource.function], stack.template.stack_id)


def _later(by: timedelta) -> time_machine.travel:
    return time_machine.travel(clock.now() + by.total_seconds(), tick=True)
