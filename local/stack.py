"""A stack: everything that one template asks for, running in this process. Tests use it without an HTTP server:

with embedded_aws() as mailbox, Stack(Path("template.yaml"), mailbox, parameters={...}) as stack:
    response = stack.request("POST", "/v1/auth/login", body={"email": ..., "password": ...})
    mails = stack.mails(to="ada@example.com")
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local import measuring, unattended
from local.alarms import described
from local.aws import create_key, verify_sender
from local.aws_endpoint import aws_pages
from local.custom_resources import create_custom_resource
from local.dead_letters import create_queue
from local.event_buses import Event, create_bus
from local.events import Request, Response
from local.functions import ColdStart, LambdaFunction, make_layers_importable
from local.gateway import Gateway
from local.invocations import make_invocable
from local.limits import scaled_limits
from local.mailbox import Mail, Mailbox
from local.metrics import METRICS
from local.pages import documentation_pages, event_pages, mailbox_pages, metrics_pages
from local.schedules import start_schedule
from local.streams import StreamPump
from local.tables import create_table
from local.template import read_template
from local.websocket_gateway import WebSocketGateway

# The template's parameter that names the address mails are sent from.
_SENDER = "MailFrom"
_NAME = "gatepost-local"


class Stack:
    """The stack of the template at `path`: keys, tables, functions after their cold start, custom resources, the API.

    Must be made inside `embedded_aws`. Streams are delivered when `deliver` or `mails` is called, or after `start` by
    themselves; schedules run after `start`. `limits_scale` multiplies the service's limits (`GATEPOST_LIMITS_SCALE`);
    `prepare` is called when all is there but what the custom resources make. `cold_start` makes the functions: the real
    handlers in this process, by default.

    Raises:
        StackError: if the template can't be run here; it says why. What a function raises as it's imported comes through.
    """

    def __init__(
        self,
        path: Path,
        mailbox: Mailbox,
        *,
        name: str = _NAME,
        parameters: Mapping[str, str] | None = None,
        limits_scale: str = "",
        prepare: Callable[["Stack"], None] = lambda _: None,
        cold_start: ColdStart = LambdaFunction,
    ) -> None:
        self.template = read_template(path, name, parameters)
        self._mailbox = mailbox
        self._stop = threading.Event()
        for key in self.template.keys:
            create_key(key, path.parent / ".local" / "kms-key.json")
        for table in self.template.tables.values():
            create_table(table)
        for queue in self.template.queues.values():
            create_queue(queue)
        self._buses = [create_bus(bus) for bus in self.template.buses]
        pages = documentation_pages(path.parent / "openapi.json")
        if _SENDER in self.template.parameters:
            verify_sender(self.template.parameters[_SENDER])
            pages |= mailbox_pages(mailbox, self._deliver_mails)
        if self._buses:
            pages |= event_pages(self.events)
        pages |= metrics_pages(METRICS.described, self.alarms)
        make_layers_importable(self.template.functions.values())
        limits = scaled_limits(limits_scale) if limits_scale else {}
        pages |= aws_pages(self.template.functions, limits)
        self.functions = {key: cold_start(function, limits) for key, function in self.template.functions.items()}
        self._cleanup = ExitStack()
        for key, function in self.template.functions.items():
            self._cleanup.callback(make_invocable(function.name, partial(self._invoke, key)))
        self._pumps = [
            StreamPump(self.functions[function.logical_id], source, self.template.tables[source.table].name)
            for function in self.template.functions.values()
            for source in function.streams
        ]
        self.gateway = (
            WebSocketGateway(self.template, self.functions)
            if self.template.api.protocol == "WEBSOCKET"
            else Gateway(self.template, self.functions, pages)
        )
        prepare(self)
        for resource in self.template.custom_resources:
            create_custom_resource(resource, self.functions[resource.function], self.template.stack_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _invoke(self, function: str, event: Any) -> Any:
        return self.functions[function].invoke(event)

    def start(self) -> None:
        """Deliver streams and run schedules from now on, in threads. Raises `StackError` for an unknown schedule."""
        for pump in self._pumps:
            pump.start()
        for function in self.template.functions.values():
            for schedule in function.schedules:
                start_schedule(self.functions[function.logical_id], schedule, self._stop)

    def close(self) -> None:
        """Start nothing more. Calls that are under way end by themselves."""
        self._stop.set()
        for pump in self._pumps:
            pump.stop()
        self._cleanup.close()

    def request(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        source_ip: str = "127.0.0.1",
    ) -> Response:
        """Send a request through the gateway and return the response.

        `target` is the path with its query, encoded. A `body` of bytes or text is sent as it is, any other as JSON.
        """
        defaults = {"host": "localhost", "user-agent": "local-stack"}
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
            defaults["content-type"] = "application/json"
        content = body.encode() if isinstance(body, str) else body or b""
        defaults["content-length"] = str(len(content))
        given = [(name.lower(), value) for name, value in (headers or {}).items()]
        sent = [*(entry for entry in defaults.items() if entry[0] not in dict(given)), *given]
        return self.gateway.handle(Request(method, target, tuple(sent), content, source_ip))

    def deliver(self) -> None:
        """Deliver to its consumers all that the streams of the tables hold by now."""
        for pump in self._pumps:
            pump.deliver()

    def invoke_unattended(self, function: str, event: Any) -> None:
        """Invoke a function as a schedule or EventBridge does, which wait for no answer; what it gives up is a dead letter."""
        unattended.invoke(self.functions[function], event)

    def alarms(self) -> list[dict[str, Any]]:
        """Return the alarms of the template with the state that CloudWatch would give them now."""
        measuring.queues(self.template.queues)
        return described(self.template.alarms, METRICS)

    def _deliver_mails(self) -> None:
        """Deliver to the functions that send mails, which know the sender, what the streams hold for them. It spares tests,
        which look for mails all the time, what else follows from their deeds.
        """
        sender = self.template.parameters.get(_SENDER)
        for pump in self._pumps:
            if sender is None or sender in pump.consumer.environment.values():
                pump.deliver()

    def mails(self, to: str | None = None) -> list[Mail]:
        """Return the mails that were sent (to the address `to`), newest first, those on their way included."""
        self._deliver_mails()
        return self._mailbox.newest_first(to)

    def events(self, type_: str | None = None) -> list[Event]:
        """Return what was published on the stack's event bus (of the `detail-type` `type_`), newest first, what is on its way
        included.
        """
        self.deliver()
        return [event for bus in self._buses for event in bus.newest_first(type_)]
