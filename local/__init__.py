"""The local stack: reads the templates that are deployed and runs the real handlers on this machine, without an AWS account.

It is a development tool and leaves out what a developer doesn't need to see: throttling, function timeouts, IAM policies of
functions, CORS settings of the gateway, every event source but the ones the templates use. docs/decisions/0013 says what it
imitates of API Gateway, and what it knows only by guess.
"""

from pathlib import Path

TEMPLATE = Path("template.yaml")
