"""Whose address a request came from: the gateway's word, or CloudFront's where it proves itself, and never a header (A-10)."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from gatepost.errors import ConfigurationError
from local.events import Response
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.accounts import LIMITED, REFUSED, WRONG, deployed_with, new_user
from tests.support import PASSWORD, new_email, new_ip, problem

SECRET = "what CloudFront alone sends: 7b1e4c"
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


@pytest.fixture
def cloudfront(stack: Stack) -> Iterator[Stack]:
    """The service with CloudFront in front of it."""
    with deployed_with(stack, edge="cloudfront", edge_secret_sha256=hashlib.sha256(SECRET.encode()).hexdigest()):
        yield stack


def sign_in(stack: Stack, email: str, password: str, headers: dict[str, str], source_ip: str) -> Response:
    """Sign in by an event of the gateway from `source_ip`, which is CloudFront's own address where that's in front."""
    call = event("POST", "/v1/auth/login", {"email": email, "password": password}, headers=headers)
    call["requestContext"]["http"]["sourceIp"] = source_ip
    return invoke(stack, call)


def seen_address(stack: Stack, headers: dict[str, str], source_ip: str) -> Any:
    """Return the address that the trail has for a sign-in."""
    user = new_user(stack)
    assert sign_in(stack, user.email, PASSWORD, headers, source_ip).status == 200
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
def test_a10_behind_cloudfront_the_viewers_address_counts(cloudfront: Stack, header: str, address: str) -> None:
    edge = new_ip()
    assert seen_address(cloudfront, PROOF | {"CloudFront-Viewer-Address": header}, edge) == address
    assert seen_address(cloudfront, {"X-Gatepost-Edge": SECRET, "cloudfront-viewer-address": header}, edge) == address


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
        {"x-gatepost-edge": hashlib.sha256(SECRET.encode()).hexdigest()},
        {"x-gatepost-edge": "é"},
        {"x_gatepost_edge": SECRET},
    ],
)
def test_a10_who_comes_round_cloudfront_is_at_the_gateways_word(cloudfront: Stack, proof: dict[str, str]) -> None:
    """The HTTP API's own address can be called, and then every header is the client's."""
    client = new_ip()
    assert seen_address(cloudfront, proof | {"cloudfront-viewer-address": "198.51.100.10:1"}, client) == client


@pytest.mark.parametrize(
    "header",
    ["", "x", "198.51.100.10", "198.51.100.10:", ":443", "198.51.100.300:1", "1.2.3.4, 5.6.7.8:1", "::ffff:1.2.3.4.5:1", "é:1"],
)
def test_a10_what_cloudfront_would_not_say_is_no_address(cloudfront: Stack, header: str) -> None:
    edge = new_ip()
    assert seen_address(cloudfront, PROOF | {"cloudfront-viewer-address": header}, edge) in {edge, "198.51.100.10"}
    assert seen_address(cloudfront, PROOF, edge) == edge


def test_a10_behind_cloudfront_each_viewer_has_a_limit_of_their_own(cloudfront: Stack) -> None:
    """Though all of them come from one address of CloudFront's, and whatever they send with it."""
    edge, user = new_ip(), new_user(cloudfront)
    attacker = PROOF | {"cloudfront-viewer-address": f"{new_ip()}:1"}
    owner = PROOF | {"cloudfront-viewer-address": f"{new_ip()}:1"}
    for number in range(50):
        forged = dict.fromkeys(FORGED, f"203.0.113.{number}")
        assert problem(sign_in(cloudfront, new_email(), WRONG, attacker | forged, edge)) == REFUSED
    assert problem(sign_in(cloudfront, user.email, PASSWORD, attacker | {"x-forwarded-for": "203.0.113.99"}, edge)) == LIMITED
    assert sign_in(cloudfront, user.email, PASSWORD, owner, edge).status == 200


def test_a11_behind_cloudfront_a_viewers_ipv6_network_is_one_client(cloudfront: Stack) -> None:
    edge, user = new_ip(), new_user(cloudfront)
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
        assert seen_address(stack, headers | {"cloudfront-viewer-address": "198.51.100.10:1"}, client) == client


@pytest.mark.parametrize("secret", ["", "x", "0" * 63, "A" * 64, SECRET])
def test_a10_without_the_digest_of_a_secret_no_edge_is_trusted(stack: Stack, secret: str) -> None:
    """It doesn't start: an empty setting is no secret that an empty header would match."""
    with (
        pytest.raises(ConfigurationError, match="GATEPOST_EDGE_SECRET_SHA256") as refusal,
        deployed_with(stack, edge="cloudfront", edge_secret_sha256=secret),
    ):
        pytest.fail("it has started")
    assert SECRET not in str(refusal.value)


def test_a10_200_sign_ins_with_rotating_headers_are_limited_and_seen_at_their_true_address(stack: Stack) -> None:
    user, client = new_user(stack), new_ip()
    outcomes = []
    for number in range(200):
        forged = dict.fromkeys(FORGED, f"203.0.113.{number}") | {"forwarded": f"for=203.0.113.{number}"}
        outcomes.append(problem(sign_in(stack, user.email if number < 9 else new_email(), WRONG, forged, client)))
    assert outcomes == [REFUSED] * 50 + [LIMITED] * 150
    assert {event["ip"] for event in user.trail()} == {user.api.ip, client}
    assert user.login().lives()


def test_the_template_lets_a_deployment_name_its_edge(stack: Stack) -> None:
    """Else no deployment can have CloudFront in front without putting all its users behind one limit."""
    environment = stack.template.functions["AccountFunction"].environment
    assert {"GATEPOST_EDGE", "GATEPOST_EDGE_SECRET_SHA256"} <= environment.keys()
