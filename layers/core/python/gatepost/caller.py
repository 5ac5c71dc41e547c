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
