"""Other teams' APIs behind the authorizer, served beside the service. A project without them runs the service alone."""

from dataclasses import dataclass
from pathlib import Path

from local.ports import free_port


@dataclass(frozen=True)
class Example:
    """An example's stack and where it's served.

    `variable` is the environment's name for its port. With `fixed`, clients count on the default one; else any other does.
    """

    stack: str
    template: Path
    title: str
    url: str
    variable: str
    default_port: int
    fixed: bool


EXAMPLES = (
    Example(
        stack="orders-local",
        template=Path("examples/orders/template.yaml"),
        title="Example API",
        url="http://localhost:{}",
        variable="EXAMPLE_PORT",
        default_port=3001,
        fixed=True,
    ),
    Example(
        stack="orders-rest-local",
        template=Path("examples/orders-rest/template.yaml"),
        title="Example, REST",
        url="http://localhost:{}/live",
        variable="EXAMPLE_REST_PORT",
        default_port=3002,
        fixed=False,
    ),
    Example(
        stack="chat-local",
        template=Path("examples/chat/template.yaml"),
        title="Example, chat",
        url="ws://localhost:{}/live",
        variable="EXAMPLE_WEBSOCKET_PORT",
        default_port=3003,
        fixed=False,
    ),
)


def example_ports(taken: int) -> dict[Example, int]:
    """Return the examples that there are, each with its port; `taken` is the service's own.

    Raises:
        StackError: if a port that the environment names, or a fixed one, is taken.
    """
    ports: dict[Example, int] = {}
    for example in EXAMPLES:
        if example.template.exists():
            chosen = frozenset({taken, *ports.values()})
            ports[example] = free_port(example.variable, example.default_port, or_any_but=None if example.fixed else chosen)
    return ports
