"""One subsegment a request, by which X-Ray finds the trace of a request id.

Lambda traces a function by itself (`Tracing: Active`) but can't know our ids, and the SDK that could tell it is larger than
all our code. What it would send is one datagram to the daemon beside the function, and only for requests that are sampled.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

import json
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gatepost import config

_NAME = "request"
_HEADER = b'{"format": "json", "version": 1}\n'
_ID_BYTES = 8


@dataclass
class Segment:
    """What is told of the work in a block, beside how long it took: whether it was a failure of ours (`fault`)."""

    fault: bool = False


@contextmanager
def subsegment(request_id: str) -> Iterator[Segment]:
    """Tell X-Ray of the block, with `request_id` as an annotation, if this invocation is sampled. It never fails the block."""
    trace, segment, started = config.sampled_trace(), Segment(), time.time()
    if trace is None:
        yield segment
        return
    try:
        yield segment
    except BaseException:
        segment.fault = True
        raise
    finally:
        document = {
            "type": "subsegment",
            "name": _NAME,
            "id": secrets.token_hex(_ID_BYTES),
            "trace_id": trace.id,
            "parent_id": trace.parent_id,
            "start_time": started,
            "end_time": time.time(),
            "fault": segment.fault,
            "annotations": {"request_id": request_id},
        }
        _send(trace.daemon, _HEADER + json.dumps(document).encode())


def _send(daemon: tuple[str, int], datagram: bytes) -> None:
    # A trace that isn't found is no reason to fail a request.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setblocking(False)
        udp.sendto(datagram, daemon)
