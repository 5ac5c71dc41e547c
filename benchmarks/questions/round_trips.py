"""How many calls to DynamoDB does a request wait for, one after the other?"""

from benchmarks import built
from benchmarks.figures import Figure
from benchmarks.issuer import event, issuer
from local import TEMPLATE
from local.aws import embedded_aws
from local.stack import Stack
from tests.integration.flows import BY_NAME
from tests.integration.trips import measured
from tests.support import Api

# The requests by their names in `flows`, and how many it may be.
_BUDGETS: dict[str, tuple[str, int | None]] = {
    "log in": ("a sign-in", 3),
    "refresh": ("a refresh", 2),
    "verify e-mail": ("a one-time token: an address verified", 2),
    "reset password": ("a one-time token: a password reset", 2),
    "sign in with a link": ("a sign-in by a mailed link", None),
}


def measure() -> list[Figure]:
    """Send each request to a service whose process is warm, and count. Calls that are on their way at once are one."""
    figures = []
    with (
        embedded_aws() as mailbox,
        Stack(TEMPLATE, mailbox, parameters=built.PARAMETERS[TEMPLATE] | {"LogLevel": "ERROR"}) as stack,
    ):
        for flow, (name, at_most) in _BUDGETS.items():
            BY_NAME[flow].prepare(Api(stack))()
            send = BY_NAME[flow].prepare(Api(stack))
            with measured() as cost:
                answer = send()
            if answer.status != BY_NAME[flow].success:
                raise RuntimeError(f"{flow} was answered {answer.status}")
            note = f"of {len(cost.spans)} calls" if len(cost.spans) > cost.sequential else ""
            figures.append(Figure(name, [cost.sequential], at_most=at_most, unit="trips", note=note))
    with issuer() as running, measured() as cost:
        running.handler(event(running.token()), None)
    return [*figures, Figure("the authorizer's decision", [cost.sequential], at_most=0, unit="trips")]
