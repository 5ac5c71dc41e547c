"""What is asked: a module a question, which answers by `measure() -> list[Figure]`.

Each is asked in a process of its own, so that none finds what another one has imported.

Raises:
    CannotMeasureError: something that it needs isn't here.
"""

import importlib

from benchmarks.figures import Figure

# In the order in which they are asked: the long ones last.
QUESTIONS = (
    "init_of_authorizer",
    "init_of_account",
    "validated_post",
    "import_of_authorizer",
    "new_token",
    "repeated_token",
    "sign_in",
    "round_trips",
    "cost",
    "load",
    "memory_of_requests",
    "import_of_users",
    "memory_of_import",
)


def ask(question: str) -> list[Figure]:
    """Return what one of them is answered with."""
    figures: list[Figure] = importlib.import_module(f"{__name__}.{question}").measure()
    return figures
