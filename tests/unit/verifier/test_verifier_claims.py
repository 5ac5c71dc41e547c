"""Validly signed tokens whose claims are not an access token's for us."""

import json
from typing import Any

import pytest

from gatepost_verifier import AudienceInvalid, ClaimInvalid, ClaimMissing, IssuerInvalid, VerificationError
from tests.unit.verifier import forge
from tests.unit.verifier.forge import AUDIENCE, ISSUER, NOW


def _refuse(payload: dict[str, Any] | bytes, error: type[VerificationError] = VerificationError) -> None:
    with pytest.raises(error):
        forge.verifier().verify(forge.token(payload))


class TestJ11Times:
    """J-11: times are integers or nothing; F7 lists what PyJWT takes."""

    @pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
    @pytest.mark.parametrize(
        "value",
        [str(NOW + 900), "", True, False, NOW + 900.0, 1.5, [], [NOW], {}, None, -1, -(10**9), 2**53, 2**64, 10**30],
        ids=repr,
    )
    def test_j11_not_a_number_of_seconds(self, claim: str, value: Any) -> None:
        _refuse(forge.claims(**{claim: value}), ClaimInvalid)

    @pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
    @pytest.mark.parametrize(
        "literal", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1e3", b"9" * 5000, b"0x1", b"01"]
    )
    def test_j11_not_an_integer_literal(self, claim: str, literal: bytes) -> None:
        payload = json.dumps(forge.claims(**{claim: "HERE"})).encode()
        _refuse(payload.replace(b'"HERE"', literal))

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    def test_j11_in_the_future(self, claim: str) -> None:
        _refuse(forge.claims(**{claim: NOW + 31}))

    @pytest.mark.parametrize("value", ["3", True, 3.0, -1, 2**53, None, [3]], ids=repr)
    def test_j11_ver(self, value: Any) -> None:
        _refuse(forge.claims(ver=value), ClaimInvalid)


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
def test_j12_required_claims(claim: str) -> None:
    """J-12: RFC 9068 section 2.2."""
    _refuse(forge.claims_without(claim), ClaimMissing)


@pytest.mark.parametrize("claim", ["sub", "client_id", "jti"])
@pytest.mark.parametrize("value", ["", None, 1, True, [], ["usr_1"], {}], ids=repr)
def test_j12_identifiers_are_non_empty_strings(claim: str, value: Any) -> None:
    _refuse(forge.claims(**{claim: value}), ClaimInvalid)


class TestJ14Audience:
    """J-14: CVE-2024-5798, CVE-2026-55689, CVE-2026-55669."""

    @pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE], [AUDIENCE, AUDIENCE]], ids=repr)
    def test_j14_ours(self, aud: Any) -> None:
        assert AUDIENCE in forge.verifier().verify(forge.token(forge.claims(aud=aud))).aud

    @pytest.mark.parametrize(
        "aud",
        [
            "https://other.example.com",
            AUDIENCE[:-1],
            AUDIENCE + "/",
            AUDIENCE + ".evil.example",
            AUDIENCE.upper(),
            " " + AUDIENCE,
            f"{AUDIENCE} {ISSUER}",
            f"{AUDIENCE},{ISSUER}",
            "",
            "*",
            [],
            [""],
            [ISSUER],
            [[AUDIENCE]],
            [AUDIENCE, 1],
            [AUDIENCE, None],
            [True, AUDIENCE],
            [AUDIENCE, {}],
            {AUDIENCE: True},
            {},
            None,
            0,
            True,
        ],
        ids=repr,
    )
    def test_j14_not_ours(self, aud: Any) -> None:
        _refuse(forge.claims(aud=aud), AudienceInvalid)


@pytest.mark.parametrize(
    "iss",
    [
        ISSUER[:-1],
        ISSUER + "/",
        ISSUER + "/tenant",
        ISSUER + ".evil.example",
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        ISSUER + " ",
        "",
        [ISSUER],
        {"iss": ISSUER},
        None,
        1,
        True,
    ],
    ids=repr,
)
def test_j15_issuer(iss: Any) -> None:
    """J-15: GHSA-75c5-xw7c-p5pm."""
    _refuse(forge.claims(iss=iss), IssuerInvalid)


@pytest.mark.parametrize("claim", ["roles", "permissions", "amr"])
@pytest.mark.parametrize(
    "value", ["admin", "", None, True, 1, {}, {"admin": 1}, [1], ["a", None], [["a"]], ["a", True]], ids=repr
)
def test_arrays_of_strings_or_absent(claim: str, value: Any) -> None:
    """CONTRACT "Access tokens": else the token is invalid."""
    _refuse(forge.claims(**{claim: value}), ClaimInvalid)


@pytest.mark.parametrize("claim", ["sid", "scope", "acr"])
@pytest.mark.parametrize("value", [None, True, 1, [], ["a"], {}], ids=repr)
def test_strings_or_absent(claim: str, value: Any) -> None:
    _refuse(forge.claims(**{claim: value}), ClaimInvalid)


def test_empty_arrays_and_scope_are_nothing() -> None:
    verified = forge.verifier().verify(forge.token(forge.claims(scope="", roles=[], permissions=[], amr=[])))
    assert (verified.scope, verified.roles, verified.permissions, verified.amr) == ((), (), (), ())
