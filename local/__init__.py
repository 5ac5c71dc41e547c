"""The local stack: reads the templates that are deployed and runs the real handlers on this machine, without an AWS account.

It is a development tool and leaves out what a developer doesn't need to see: throttling, function timeouts, IAM policies, CORS
settings of the gateway, every event source but the ones the templates use.
"""

from pathlib import Path

TEMPLATE = Path("template.yaml")
EXAMPLE_TEMPLATE = Path("examples/orders/template.yaml")
"""Another team's API behind the authorizer; a project without it runs the service alone."""
