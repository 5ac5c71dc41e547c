"""AWS on this machine: moto inside this process, and DynamoDB Local in place of its DynamoDB if the environment names one."""

import base64
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import boto3
import moto
from moto.kms.models import kms_backends

from local.event_buses import event_buses
from local.invocations import invocations
from local.mailbox import Mailbox
from local.metrics import METRICS
from local.moto_mends import mended
from local.resources import ACCOUNT, REGION

DYNAMODB_URL = "AWS_ENDPOINT_URL_DYNAMODB"
_STREAMS_URL = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    # With an account in the host name, moto answers DynamoDB Streams with 404.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    # The developer's own profile and the instance's role stay out of it.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def embedded_aws() -> Iterator[Mailbox]:
    """Answer every AWS call of this process from memory inside the block; no call reaches AWS. Yields the mailbox of its SES.

    With `AWS_ENDPOINT_URL_DYNAMODB` set, DynamoDB and its streams are the engine at that URL instead.
    """
    mailbox = Mailbox()
    METRICS.clear()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name in (DYNAMODB_URL, _STREAMS_URL)
    }
    if DYNAMODB_URL in kept:
        kept.setdefault(_STREAMS_URL, kept[DYNAMODB_URL])
    config: moto.core.config.DefaultConfig = {"core": {"mock_credentials": False, "reset_boto3_session": True}}
    with (
        patch.dict(os.environ, kept | CREDENTIALS, clear=True),
        moto.mock_aws(config=config),
        mended(mailbox.take),
        event_buses(),
        invocations(),
    ):
        yield mailbox


def tables_outlive_the_process() -> bool:
    """Return whether the tables are kept by an engine of their own."""
    return DYNAMODB_URL in os.environ


def create_key(key_id: str, file: Path) -> None:
    """Create the KMS key `key_id`. Where tables outlive the process, `file` keeps its material for what it wrapped."""
    if not tables_outlive_the_process():
        _add_key(key_id, secrets.token_bytes(32))
        return
    kept = json.loads(file.read_text()) if file.exists() else {}
    if key_id not in kept:
        kept[key_id] = base64.b64encode(secrets.token_bytes(32)).decode()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(kept, indent=2))
    _add_key(key_id, base64.b64decode(kept[key_id]))


def _add_key(key_id: str, material: bytes) -> None:
    """Add a symmetric key to moto, which chooses id and material itself and has no import of either."""
    backend = kms_backends[ACCOUNT][REGION]
    # Whatever the kind of key, moto makes a key pair with it; one for elliptic curves is made in no time.
    key = backend.create_key(policy=None, key_usage="ENCRYPT_DECRYPT", key_spec="ECC_NIST_P256", description="local", tags=None)
    key.key_spec = "SYMMETRIC_DEFAULT"
    del backend.keys[key.id]
    key.arn = key.arn.replace(key.id, key_id)
    key.id, key.key_material = key_id, material
    backend.keys[key_id] = key


def verify_sender(address: str) -> None:
    """Make `address` an identity that SES sends from."""
    boto3.client("sesv2").create_email_identity(EmailIdentity=address)
