"""What does a validated POST take, from event to response, beside Powertools' resolver and an API as tutorials write it?

A registration with its rule taken away: the same body is parsed and checked, an answer is made and a line is logged, and nobody
is asked. Ours has the headers of every answer and refuses more; the peers' validate as they are.
"""

import json
from contextlib import ExitStack

from benchmarks import built
from benchmarks.figures import Figure
from benchmarks.measuring import ROUNDS, in_turns
from benchmarks.requests import request

_BODY = {"email": "ada.lovelace@example.com", "password": "correct horse battery staple", "name": "Ada Lovelace"}
_RULE = "gatepost.accounts.registration.register"
_PEERS = {"PowertoolsApi": "-", "TutorialApi": "app.db.get_user"}
_NOTE = "the processor's time; a registration without its rule"


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Send the same event to all three in turns, each in a process of its own."""
    with built.runtime() as (runtime, folder), ExitStack() as running:
        event = folder / "event.json"
        event.write_text(json.dumps(request("POST", "/v1/auth/register", _BODY)), "utf-8")
        functions = [(built.account(), _RULE)]
        functions += [(built.compiled(built.peer(name), folder), rule) for name, rule in _PEERS.items()]
        programs = [
            running.enter_context(
                built.answering(runtime, function, "benchmarks.answering.posts", function.handler, rule, str(event))
            )
            for function, rule in functions
        ]
        ours, resolver, tutorial = in_turns(rounds, *(program.round for program in programs))
    return [
        Figure("a validated POST", ours, "Powertools' validating resolver", resolver, at_most=1.0, note=_NOTE),
        Figure("a validated POST", ours, "TutorialApi", tutorial, at_most=0.2, note=_NOTE),
    ]
