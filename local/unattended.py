"""Invocations whose answer nobody waits for, of schedules and of EventBridge.

Lambda tries again what raises, and what it gives up goes to the function's dead letters. Not imitated: the minutes between the
tries, and that what is throttled waits for up to six hours.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import logging
from typing import Any

from local.dead_letters import bury
from local.functions import Invocable

logger = logging.getLogger(__name__)


def invoke(function: Invocable, event: Any) -> None:
    """Invoke `function` until it takes `event`, or its retries are used up."""
    definition = function.definition
    for _ in range(1 + definition.retries):
        try:
            function.invoke(event)
        except Exception:  # whatever the function raises, Lambda tries again
            logger.exception("%s failed where nobody waits for it", definition.logical_id)
        else:
            return
    bury(definition, definition.dead_letters, event)
