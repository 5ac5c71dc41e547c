"""Who is calling, as the gateway tells it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """The client of one request: its address (from the gateway, never from a header it can set), user agent, and the
    request's id.
    """

    ip: str
    user_agent: str
    request_id: str


def of_service(name: str, request_id: str) -> Caller:
    """Return what stands for the client where nobody called and the service `name` told us: it has no address."""
    return Caller(ip="", user_agent=name, request_id=request_id)
