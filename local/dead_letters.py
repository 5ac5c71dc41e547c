"""Queues for what functions gave up, in moto's SQS: `/_local/aws` answers for them too."""

import json
import logging
from typing import Any

from moto.sqs.models import sqs_backends

from local.model import Function
from local.resources import ACCOUNT, REGION

logger = logging.getLogger(__name__)


def create_queue(name: str) -> None:
    """Create the queue `name`."""
    sqs_backends[ACCOUNT][REGION].create_queue(name, tags={})


def number_of(name: str) -> int:
    """Return how many messages lie in the queue `name`."""
    return int(sqs_backends[ACCOUNT][REGION].get_queue(name).approximate_number_of_messages)


def bury(function: Function, queue: str, letter: Any) -> None:
    """Put what `function` gave up into `queue`, if it has one; say so in any case."""
    logger.error("Dead letter: %s gave up on %s", function.logical_id, json.dumps(letter))
    if queue:
        sqs_backends[ACCOUNT][REGION].send_message(queue, json.dumps(letter), system_attributes={})
