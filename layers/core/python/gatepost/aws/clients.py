"""How Gatepost talks to AWS: one client a service, made at cold start, with bounded waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session, get_session
from snapshot_restore_py import register_after_restore

from gatepost.aws.snapshots import renew_randomness
from gatepost.errors import Unavailable

if TYPE_CHECKING:
    from typing import Literal

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sesv2 import SESV2Client

# A caller waits at most a few seconds. Standard mode retries throttling and lost connections with jittered back-off.
# What is sent is built by our own code and typed, so botocore's parameter validation would be work done twice.
_READ_TIMEOUT, _ATTEMPTS = 3, 3
_CONFIG = Config(
    connect_timeout=1,
    max_pool_connections=64,
    tcp_keepalive=True,
    parameter_validation=False,
)


if TYPE_CHECKING:

    @overload
    def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def client(service: Literal["events"]) -> EventBridgeClient: ...
    @overload
    def client(service: Literal["kms"]) -> KMSClient: ...
    @overload
    def client(service: Literal["sesv2"]) -> SESV2Client: ...
    @overload
    def client(service: Literal["lambda"], *, read_timeout: int, attempts: int) -> LambdaClient: ...


def client(service: str, *, read_timeout: int = _READ_TIMEOUT, attempts: int = _ATTEMPTS) -> object:
    """Return a new client of `service`, which waits `read_timeout` seconds for an answer and tries `attempts` times.

    Make it once, outside the request: it costs as much as importing FastAPI.
    """
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return _session().create_client(service, config=_CONFIG.merge(Config(read_timeout=read_timeout, retries=retries)))


@cache
def _session() -> Session:
    """One session for all clients: what it has read from botocore's data is read once."""
    # Their TLS is in a snapshot of this environment.
    register_after_restore(renew_randomness)
    return get_session()


@contextmanager
def unavailable_on_failure() -> Iterator[None]:
    """Turn any failure of an AWS call inside the block into `Unavailable`; the cause stays attached for the log."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise Unavailable from exc
