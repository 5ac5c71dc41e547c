"""A key set is taken whole or refused whole, with the key and the fault named."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gatepost_verifier import KeySetError, VerificationError, Verifier, parse_key_set
from tests.unit.verifier import forge


def test_the_key_set_of_three_algorithms() -> None:
    keys = parse_key_set({"keys": [forge.jwk(alg) for alg in forge.KIDS], "extra": 1})

    assert {kid: key.alg for kid, key in keys.items()} == {kid: alg for alg, kid in forge.KIDS.items()}


@pytest.mark.parametrize("alg", forge.KIDS)
@pytest.mark.parametrize("changes", [{"use": None}, {"use": None, "key_ops": ["verify"]}, {"x5t": "abc", "exp": 1}], ids=repr)
def test_members_that_may_stand_in_a_key(alg: str, changes: dict[str, Any]) -> None:
    assert len(parse_key_set({"keys": [forge.jwk(alg, **changes)]})) == 1


@pytest.mark.parametrize(
    "jwks", [{}, {"keys": []}, {"keys": {}}, {"keys": None}, {"keys": "x"}, {"keys": [1]}, {"keys": [[]]}], ids=repr
)
def test_not_a_key_set(jwks: dict[str, Any]) -> None:
    with pytest.raises(KeySetError, match="key"):
        parse_key_set(jwks)


def test_j07_too_many_keys() -> None:
    """J-07: a set of 100,000 keys is refused before any is read."""
    assert len(parse_key_set({"keys": [forge.jwk("EdDSA", kid=str(n)) for n in range(100)]})) == 100
    with pytest.raises(KeySetError, match="1 to 100"):
        parse_key_set({"keys": [None] * 101})


def test_j17_two_keys_of_one_kid() -> None:
    with pytest.raises(KeySetError, match="'rsa' stands twice"):
        parse_key_set({"keys": [forge.jwk("RS256"), forge.jwk("ES256", kid="rsa")]})


@pytest.mark.parametrize("kid", [None, "", "a" * 129, "a\n", "é", 1, ["rsa"], {}], ids=repr)
def test_kid_is_required_and_printable(kid: Any) -> None:
    with pytest.raises(KeySetError, match=r"key 1: .*`kid`"):
        parse_key_set({"keys": [forge.jwk("ES256"), forge.jwk("RS256", kid=kid)]})


@pytest.mark.parametrize("alg", forge.KIDS)
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"alg": None}, "`alg`"),
        ({"alg": "HS256"}, "`alg`"),
        ({"alg": "none"}, "`alg`"),
        ({"alg": "RS512"}, "`alg`"),
        ({"alg": ["RS256"]}, "`alg`"),
        ({"kty": None}, "`kty`"),
        ({"kty": "oct"}, "`kty`"),
        ({"kty": "rsa"}, "`kty`"),
        ({"crv": "P-384"}, "`crv`"),
        ({"crv": "Ed448"}, "`crv`"),
        ({"use": "enc"}, "`use`"),
        ({"use": ["sig"]}, "`use`"),
        ({"key_ops": ["sign"]}, "`key_ops`"),
        ({"key_ops": []}, "`key_ops`"),
        ({"key_ops": "verify"}, "`key_ops`"),
        ({"d": "AQAB"}, "private"),
        ({"k": "AQAB"}, "private"),
        ({"p": "AQAB"}, "private"),
    ],
    ids=repr,
)
def test_j17_a_key_for_something_else(alg: str, changes: dict[str, Any], why: str) -> None:
    """J-17, F8: what PyJWT ignores in a JWK."""
    with pytest.raises(KeySetError, match=f"key 0, `kid` '{forge.KIDS[alg]}': .*{why}"):
        parse_key_set({"keys": [forge.jwk(alg, **changes)]})


@pytest.mark.parametrize(("alg", "name"), [("RS256", "n"), ("RS256", "e"), ("ES256", "x"), ("ES256", "y"), ("EdDSA", "x")])
@pytest.mark.parametrize("value", [None, "", 65537, "=", "AQ AB", "AQAB==", "AB", "é", "A", ["AQAB"]], ids=repr)
def test_j17_parameters_that_are_no_key(alg: str, name: str, value: Any) -> None:
    with pytest.raises(KeySetError, match=f"key 0, `kid` '{forge.KIDS[alg]}'"):
        parse_key_set({"keys": [forge.jwk(alg, **{name: value})]})


@pytest.mark.parametrize(("alg", "name"), [("RS256", "n"), ("ES256", "x"), ("EdDSA", "x")])
def test_j17_parameters_of_another_spelling(alg: str, name: str) -> None:
    good = forge.jwk(alg)[name]
    for bad in (good + "=", good + "\n", base64.urlsafe_b64encode(base64.urlsafe_b64decode(good + "==")).decode()):
        with pytest.raises(KeySetError, match=f"`{name}` isn't canonical base64url"):
            parse_key_set({"keys": [forge.jwk(alg, **{name: bad})]})


def test_j23_rsa_below_2048_bits() -> None:
    weak = RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(), as_dict=True)
    with pytest.raises(KeySetError, match="2048 to 8192 bits, this one 1024"):
        parse_key_set({"keys": [forge.jwk("RS256", n=weak["n"])]})


def test_rsa_above_8192_bits() -> None:
    with pytest.raises(KeySetError, match="this one 16384"):
        parse_key_set({"keys": [forge.jwk("RS256", n=forge.encode(b"\xff" * 2048))]})


@pytest.mark.parametrize("e", [0, 1, 2, 3, 65536, 65538, 2**256 + 1])
def test_j17_rsa_exponent(e: int) -> None:
    with pytest.raises(KeySetError, match="exponent"):
        parse_key_set({"keys": [forge.jwk("RS256", e=forge.encode(e.to_bytes(33).lstrip(b"\0") or b"\0"))]})


def test_j17_ec_point_off_the_curve_or_of_another_curve() -> None:
    other = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
    for changes in (
        {"x": forge.encode(b"\1" * 32)},
        {"x": other["x"], "y": other["y"]},
        {"x": forge.encode(bytes(32)), "y": forge.encode(bytes(32))},
    ):
        with pytest.raises(KeySetError, match="'ec'"):
            parse_key_set({"keys": [forge.jwk("ES256", **changes)]})


def test_j17_ed448_is_not_our_eddsa() -> None:
    key = OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True)
    with pytest.raises(KeySetError, match="'ed'"):
        parse_key_set({"keys": [forge.jwk("EdDSA", x=key["x"], crv="Ed448")]})
    with pytest.raises(KeySetError, match="'ed'"):
        parse_key_set({"keys": [forge.jwk("EdDSA", x=key["x"])]})


def test_one_bad_key_refuses_the_set() -> None:
    with pytest.raises(KeySetError, match="key 1, `kid` 'ec'"):
        parse_key_set({"keys": [forge.jwk("RS256"), forge.jwk("ES256", use="enc")]})


def test_refusals_do_not_repeat_private_members() -> None:
    with pytest.raises(KeySetError) as refusal:
        parse_key_set({"keys": [forge.jwk("RS256", d="c2VjcmV0")]})
    assert "c2VjcmV0" not in str(refusal.value)
    assert not isinstance(refusal.value, VerificationError)


def test_keys_may_be_any_lookup() -> None:
    """A later refresh needs only a function; what it raises isn't hidden as a bad token."""
    key_set = parse_key_set({"keys": [forge.jwk("RS256")]})
    asked = []

    def look_up(kid: str) -> Any:
        asked.append(kid)
        if len(asked) > 1:
            raise OSError("no network")
        return key_set.get(kid)

    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=look_up, clock=lambda: forge.NOW)
    assert verifier.verify(forge.token()).sub == "usr_1"
    with pytest.raises(OSError, match="no network"):
        verifier.verify(forge.token())
    assert asked == ["rsa", "rsa"]
