"""`python -m gatepost_verifier explain --routes @routes.txt --permissions "orders:read" "GET /orders/7"`

Exits with 0 if the call is allowed, 1 if it's denied, 2 for a mistake in the command or in the rules.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.errors import VerificationError
from gatepost_verifier.explain import assumed_caller, explain, unverified_token
from gatepost_verifier.route_rules import Rule, parse_rules

_UNVERIFIED = "UNVERIFIED: the token is believed as it stands. Its signature, issuer, audience and times were not checked."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; what it returns is the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    method, _, path = options.call.partition(" ")
    if not path:
        parser.error('the call must be a method and a path, such as "GET /orders/7"')
    try:
        rules = _rules(options.routes)
        token = _caller(options)
    except (OSError, ValueError, VerificationError) as error:
        parser.error(str(error))
    decision, lines = explain(rules, options.default, method, path.strip(), token)
    sys.stdout.writelines(f"{line}\n" for line in ([_UNVERIFIED, "", *lines] if options.token else lines))
    return 0 if decision.allowed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("gatepost_verifier", description="Tools for the rules of GATEPOST_ROUTES.")
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "explain", help="what is decided about a call, why, and which IAM policy the gateway gets"
    )
    command.add_argument("--routes", required=True, metavar="TEXT|@FILE", help="the rules")
    command.add_argument("--default", choices=("deny", "authenticated"), default="deny", help="what no rule names (deny)")
    caller = command.add_mutually_exclusive_group()
    caller.add_argument("--token", metavar="JWT", help="the caller's access token; it is NOT verified")
    caller.add_argument("--claims", metavar="JSON", help='the caller\'s claims, such as {"permissions": ["orders:read"]}')
    caller.add_argument("--permissions", metavar="NAMES", help="the caller's permissions, separated by blanks")
    command.add_argument("call", metavar="CALL", help='a method and a path, such as "GET /orders/7" or "CONNECT $connect"')
    return parser


def _rules(text: str) -> tuple[Rule, ...]:
    return parse_rules(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)


def _caller(options: argparse.Namespace) -> AccessToken | None:
    if options.token is not None:
        return unverified_token(options.token)
    if options.claims is not None:
        return assumed_caller(parse_json_object(options.claims.encode()))
    if options.permissions is not None:
        return assumed_caller({"permissions": options.permissions.split()})
    return None


if __name__ == "__main__":
    # What the compiler logs is among what is printed.
    logging.disable()
    sys.exit(main())
