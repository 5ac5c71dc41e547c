"""Whose address a request came from: the gateway's word, or CloudFront's where it proves itself, and never a header (A-10)."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from gatepost.errors import ConfigurationError
from local.events import Response, to_response
from local.functions import LambdaFunction
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.accounts import LIMITED, REFUSED, WRONG, deployed_with, new_user
from tests.support import PASSWORD, new_email, new_ip, problem

SECRET = "what CloudFront alone sends: 7b1e4c"
NEXT_SECRET = "what it will send soon: 99ab02"
PROOF = {"x-gatepost-edge": SECRET}
FORGED = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
]


Door = Callable[[Any], Response]
"""Takes an event of the gateway."""


@pytest.fixture
def cloudfront(stack: Stack) -> Door:
    """The account function with CloudFront in front of it."""
    settings = {"GATEPOST_EDGE": "cloudfront", "GATEPOST_EDGE_SECRET_SHA256": digest(SECRET)}
    function = LambdaFunction(stack.functions["AccountFunction"].definition, settings)
    return lambda call: to_response(function.invoke(call), "")


def digest(secret: str) -> str:
    """Return what a deployment knows of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(door: Door, email: str, password: str, headers: dict[str, str], source_ip: str) -> Response:
    """Sign in by an event of the gateway from `source_ip`, which is CloudFront's own address where that's in front."""
    call = event("POST", "/v1/auth/login", {"email": email, "password": password}, headers=headers)
    call["requestContext"]["http"]["sourceIp"] = source_ip
    return door(call)


def seen_address(stack: Stack, door: Door, headers: dict[str, str], source_ip: str) -> Any:
    """Return the address that the trail has for a sign-in."""
    user = new_user(stack)
    assert sign_in(door, user.email, PASSWORD, headers, source_ip).status == 200
    newest, listed = user.trail()[0], {session["ip"] for session in user.sessions()}
    assert newest["event"] == "sign_in.succeeded"
    assert newest["ip"] in listed
    return newest["ip"]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("198.51.100.10:46532", "198.51.100.10"),
        ("2001:db8:85a3::8a2e:370:7334:443", "2001:db8:85a3::8a2e:370:7334"),
        ("2001:0DB8:85A3:0000:0000:8A2E:0370:7334:51234", "2001:db8:85a3::8a2e:370:7334"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("::1:1", "::1"),
    ],
)
def test_a10_behind_cloudfront_the_viewers_address_counts(stack: Stack, cloudfront: Door, header: str, address: str) -> None:
    edge = new_ip()
    assert seen_address(stack, cloudfront, PROOF | {"CloudFront-Viewer-Address": header}, edge) == address
    assert seen_address(stack, cloudfront, {"X-Gatepost-Edge": SECRET, "cloudfront-viewer-address": header}, edge) == address


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"x-gatepost-edge": ""},
        {"x-gatepost-edge": "another secret"},
        {"x-gatepost-edge": SECRET + " "},
        {"x-gatepost-edge": SECRET.upper()},
        {"x-gatepost-edge": SECRET[:-1]},
        {"x-gatepost-edge": f"{SECRET},{SECRET}"},
        {"x-gatepost-edge": digest(SECRET)},
        {"x-gatepost-edge": "é"},
        {"x_gatepost_edge": SECRET},
    ],
)
def test_a10_who_comes_round_cloudfront_is_refused(stack: Stack, cloudfront: Door, proof: dict[str, str]) -> None:
    """The HTTP API's own address can be called, with no firewall before it, and then every header is the client's."""
    user, client = new_user(stack), new_ip()
    answer = sign_in(cloudfront, user.email, PASSWORD, proof | {"cloudfront-viewer-address": "198.51.100.10:1"}, client)
    assert problem(answer) == (403, "not_through_edge")
    health = cloudfront(event("GET", "/health", headers=proof))
    assert problem(health) == (403, "not_through_edge")


def test_a10_a_secret_is_replaced_while_both_are_good(stack: Stack) -> None:
    user, health = new_user(stack), event("GET", "/health")
    with deployed_with(stack, edge="cloudfront", edge_secret_sha256=f"{digest(SECRET)},{digest(NEXT_SECRET)}"):
        for secret, status in ((SECRET, 200), (NEXT_SECRET, 200), (SECRET + NEXT_SECRET, 403)):
            proof = {"x-gatepost-edge": secret, "cloudfront-viewer-address": "198.51.100.10:1"}
            assert invoke(stack, health | {"headers": proof}).status == status
            assert sign_in(partial(invoke, stack), user.email, PASSWORD, proof, new_ip()).status == status


@pytest.mark.parametrize(
    "header",
    ["", "x", "198.51.100.10", "198.51.100.10:", ":443", "198.51.100.300:1", "1.2.3.4, 5.6.7.8:1", "::ffff:1.2.3.4.5:1", "é:1"],
)
def test_a10_what_cloudfront_would_not_say_is_no_address(stack: Stack, cloudfront: Door, header: str) -> None:
    edge = new_ip()
    assert seen_address(stack, cloudfront, PROOF | {"cloudfront-viewer-address": header}, edge) in {edge, "198.51.100.10"}
    assert seen_address(stack, cloudfront, PROOF, edge) == edge


def test_a10_behind_cloudfront_each_viewer_has_a_limit_of_their_own(stack: Stack, cloudfront: Door) -> None:
    """Though all of them come from one address of CloudFront's, and whatever they send with it."""
    edge, user = new_ip(), new_user(stack)
    attacker = PROOF | {"cloudfront-viewer-address": f"{new_ip()}:1"}
    owner = PROOF | {"cloudfront-viewer-address": f"{new_ip()}:1"}
    for number in range(50):
        forged = dict.fromkeys(FORGED, f"203.0.113.{number}")
        assert problem(sign_in(cloudfront, new_email(), WRONG, attacker | forged, edge)) == REFUSED
    assert problem(sign_in(cloudfront, user.email, PASSWORD, attacker | {"x-forwarded-for": "203.0.113.99"}, edge)) == LIMITED
    assert sign_in(cloudfront, user.email, PASSWORD, owner, edge).status == 200


def test_a11_behind_cloudfront_a_viewers_ipv6_network_is_one_client(stack: Stack, cloudfront: Door) -> None:
    edge, user = new_ip(), new_user(stack)
    for number in range(50):
        viewer = PROOF | {"cloudfront-viewer-address": f"2001:db8:77:1:{number:x}::{number:x}:{number + 1}"}
        assert problem(sign_in(cloudfront, new_email(), WRONG, viewer, edge)) == REFUSED
    same = PROOF | {"cloudfront-viewer-address": "2001:db8:77:1:ffff:ffff:ffff:ffff:443"}
    other = PROOF | {"cloudfront-viewer-address": "2001:db8:77:2::1:443"}
    assert problem(sign_in(cloudfront, user.email, PASSWORD, same, edge)) == LIMITED
    assert sign_in(cloudfront, user.email, PASSWORD, other, edge).status == 200


def test_a10_without_cloudfront_its_headers_say_nothing(stack: Stack) -> None:
    client = new_ip()
    for headers in (PROOF, {}, {"x-gatepost-edge": ""}):
        assert (
            seen_address(stack, partial(invoke, stack), headers | {"cloudfront-viewer-address": "198.51.100.10:1"}, client)
            == client
        )


@pytest.mark.parametrize("secret", ["", "x", "0" * 63, "A" * 64, SECRET, ",".join(["0" * 64] * 3)])
def test_a10_without_the_digest_of_a_secret_no_edge_is_trusted(stack: Stack, secret: str) -> None:
    """It doesn't start: an empty setting is no secret that an empty header would match."""
    with (
        pytest.raises(ConfigurationError, match="GATEPOST_EDGE_SECRET_SHA256") as refusal,
        deployed_with(stack, edge="cloudfront", edge_secret_sha256=secret),
    ):
        pytest.fail("it has started")
    assert SECRET not in str(refusal.value)


def test_a10_200_sign_ins_with_rotating_headers_are_limited_and_seen_at_their_true_address(stack: Stack) -> None:
    user, client, door = new_user(stack), new_ip(), partial(invoke, stack)
    outcomes = []
    for number in range(200):
        forged = dict.fromkeys(FORGED, f"203.0.113.{number}") | {"forwarded": f"for=203.0.113.{number}"}
        outcomes.append(problem(sign_in(door, user.email if number < 9 else new_email(), WRONG, forged, client)))
    assert outcomes == [REFUSED] * 50 + [LIMITED] * 150
    assert {event["ip"] for event in user.trail()} == {user.api.ip, client}
    assert user.login().lives()


def test_the_template_lets_a_deployment_name_its_edge(stack: Stack) -> None:
    """Else no deployment can have CloudFront in front without putting all its users behind one limit."""
    environment = stack.template.functions["AccountFunction"].environment
    assert {"GATEPOST_EDGE", "GATEPOST_EDGE_SECRET_SHA256"} <= environment.keys()
