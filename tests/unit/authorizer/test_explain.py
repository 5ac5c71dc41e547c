"""`python -m gatepost_verifier explain`: what is decided, why, the policy it gives, and what that can't say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost_verifier.__main__ import main
from tests.support import ROOT
from tests.unit.verifier import forge

ROUTES = """
GET  /status          = public
GET  /orders/{id}     = orders:read & mfa | orders:admin
GET  /orders/{id}/{k} = orders:admin
GET  /orders/{id}/log = orders:read & mfa
CONNECT $connect      = scope:chat
"""
ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/"
KEPT = "  kept for other calls, it denies percent-encoded paths, and can't tell *, ? and control characters from others"


class Explained:
    """Runs the command, and holds what it says and with which status it ends."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, routes: str = ROUTES) -> tuple[int, list[str]]:
        status = main(["explain", "--routes", routes, *arguments])
        return status, self._capsys.readouterr().out.splitlines()

    def mistake(self, *arguments: str, routes: str = ROUTES) -> str:
        """The message about a command that can't be run."""
        with pytest.raises(SystemExit) as end:
            main(["explain", "--routes", routes, *arguments])
        assert end.value.code == 2
        return self._capsys.readouterr().err


@pytest.fixture
def explained(capsys: pytest.CaptureFixture[str]) -> Explained:
    return Explained(capsys)


def test_a_denied_call_names_the_rule_and_the_conditions_that_fail(explained: Explained) -> None:
    status, lines = explained("--permissions", "orders:read invoices:read", "GET /orders/7")
    assert status == 1
    assert lines == [
        "GET /orders/7: denied with 403, since the caller lacks what the rule asks for",
        "rule: GET /orders/{id} = orders:read & mfa | orders:admin",
        "  orders:read & mfa: fails at mfa",
        "  orders:admin: fails at orders:admin",
        "",
        f"IAM policy, each resource after {ARN}",
        "  Allow GET/status",
        "  Deny  GET/orders/7",
        "",
        "representable for this caller: yes",
    ]


def test_an_allowed_call_and_what_its_policy_cannot_say(explained: Explained) -> None:
    status, lines = explained("--claims", '{"permissions": ["orders:read"], "amr": ["otp"]}', "GET /orders/7")
    assert status == 0
    assert lines[:2] == [
        "GET /orders/7: allowed, since the caller has what the rule asks for",
        "rule: GET /orders/{id} = orders:read & mfa | orders:admin",
    ]
    assert lines[2] == "  orders:read & mfa: holds"
    assert "  Allow GET/orders/7" in lines
    assert "  Allow GET/orders/?*/log" in lines
    assert "  Deny  GET/orders/?*/?*/log" in lines
    assert lines[-3:] == [
        "representable for this caller: no",
        "  GET /orders/{id} is allowed only where it is asked for, since GET /orders/{id}/{k} can't be denied beside it",
        KEPT,
    ]


def test_without_a_caller_only_what_is_public_is_allowed(explained: Explained) -> None:
    assert explained("GET /orders/7") == (
        1,
        [
            "GET /orders/7: denied with 401, since there is no token",
            "rule: GET /orders/{id} = orders:read & mfa | orders:admin",
            "",
            "IAM policy: none, the gateway is told Unauthorized",
        ],
    )
    status, lines = explained("GET /status")
    assert (status, lines[0]) == (0, "GET /status: allowed, since the rule is public")


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("GET /nowhere",), 1, "GET /nowhere: denied with 403, since no rule names this path, and the default is deny"),
        (
            ("--default", "authenticated", "GET /nowhere"),
            0,
            "GET /nowhere: allowed, since no rule names this path, and the default is authenticated",
        ),
        (("GET /orders//7",), 1, "GET /orders//7: denied with 403, since the API behind could read this path as another one"),
        (("PURGE /status",), 1, "PURGE /status: denied with 403, since no rule names this path, and the default is deny"),
        (("CONNECT $connect",), 1, "CONNECT $connect: denied with 403, since the caller lacks what the rule asks for"),
    ],
)
def test_every_reason_has_its_words(explained: Explained, arguments: tuple[str, ...], status: int, line: str) -> None:
    ended, lines = explained("--permissions", "*", *arguments)
    assert (ended, lines[0]) == (status, line)


def test_a_connection_has_a_policy_of_its_own(explained: Explained) -> None:
    status, lines = explained("--claims", '{"scope": "chat"}', "CONNECT $connect")
    assert status == 0
    assert lines[-2:] == [f"IAM policy, each resource after {ARN}", "  Allow $connect"]


def test_a_token_is_believed_and_the_output_says_so_first(explained: Explained) -> None:
    """Signed by somebody else, for another audience, and expired."""
    payload = forge.claims(permissions=["orders:admin"], aud="https://other.example.com", exp=1, iat=0, nbf=0)
    status, lines = explained("--token", forge.token(payload, sign=forge.signer(owner="attacker")), "GET /orders/7/log")
    assert (
        lines[0]
        == "UNVERIFIED: the token is believed as it stands. Its signature, issuer, audience and times were not checked."
    )
    assert lines[2] == "GET /orders/7/log: denied with 403, since the caller lacks what the rule asks for"
    assert status == 1


def test_rules_that_are_too_many_for_a_policy(explained: Explained) -> None:
    routes = "; ".join(f"GET /collection-{number}/{{id}} = p:p" for number in range(60))
    _, lines = explained("--permissions", "p:p", "GET /collection-1/x", routes=routes)
    assert lines[-3:] == [
        "representable for this caller: no",
        "  the policy for the whole API is over the gateway's limits, so each speaks about a part",
        KEPT,
    ]


def test_a_path_that_no_policy_can_allow(explained: Explained) -> None:
    long = f"GET /orders/{'x' * 600}"
    _, lines = explained("--claims", '{"permissions": ["orders:read"], "amr": ["otp"]}', long)
    assert lines[-1] == "IAM policy: the path is too long to be allowed by one, so the call is denied with 403"


def test_rules_from_a_file(explained: Explained, tmp_path: Path) -> None:
    (tmp_path / "routes.txt").write_text("# ours\nGET /a = public\n", "utf-8")
    assert explained("GET /a", routes=f"@{tmp_path / 'routes.txt'}")[0] == 0
    assert "No such file" in explained.mistake("GET /a", routes=f"@{tmp_path / 'none.txt'}")


@pytest.mark.parametrize(
    ("arguments", "routes", "message"),
    [
        (("GET /a",), "GET /a = public\nGET /b", "line 2, column 7: expected =; found the end of the rule"),
        (("GET",), ROUTES, 'the call must be a method and a path, such as "GET /orders/7"'),
        (("--claims", "{", "GET /a"), ROUTES, "error: "),
        (("--claims", '{"roles": "admin"}', "GET /a"), ROUTES, "roles, permissions or amr isn't an array of strings"),
        (("--token", "x", "GET /a"), ROUTES, "the token hasn't three non-empty segments"),
        (("--token", "x", "--permissions", "y", "GET /a"), ROUTES, "not allowed with argument"),
        (("--default", "allow", "GET /a"), ROUTES, "invalid choice"),
        ((), ROUTES, "the following arguments are required: CALL"),
    ],
)
def test_mistakes_are_told_apart_from_denials(
    explained: Explained, arguments: tuple[str, ...], routes: str, message: str
) -> None:
    assert message in explained.mistake(*arguments, routes=routes)


def test_it_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gatepost_verifier", "explain", "--routes", "GET /a = public", "GET /a"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers/verifier/python")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("GET /a: allowed, since the rule is public\n")
