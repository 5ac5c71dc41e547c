"""Tokens that someone else made or changed: algorithm, key and header are not the token's to choose."""

import json
import socket
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost_verifier import AlgorithmNotAllowed, HeaderInvalid, KeyIdInvalid, SignatureInvalid, UnknownKey, VerificationError
from gatepost_verifier.envelope import encode, parse
from tests.unit.verifier import forge


def _constant(signature: bytes) -> forge.Signer:
    return lambda _: signature


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 0, True, ["RS256"], {"RS256": 1}])
class TestJ01NoSignature:
    """J-01: CVE-2015-9235, CVE-2020-28042."""

    def test_j01_stripped(self, alg: Any) -> None:
        with pytest.raises(VerificationError):
            forge.verifier().verify(forge.token(head=forge.header(alg=alg), sign=_constant(b"")))

    def test_j01_with_some_signature(self, alg: Any) -> None:
        with pytest.raises(AlgorithmNotAllowed):
            forge.verifier().verify(forge.token(head=forge.header(alg=alg)))

    def test_j01_refused_before_a_key_is_looked_up(self, alg: Any) -> None:
        with pytest.raises(AlgorithmNotAllowed):
            parse(encode(forge.token(head=forge.header(alg=alg))))


@pytest.mark.parametrize("alg", forge.KIDS)
def test_j01_null_signature_under_an_allowed_algorithm(alg: str) -> None:
    for size in (1, 32, 64, 256):
        with pytest.raises(SignatureInvalid):
            forge.verifier().verify(forge.token(head=forge.header(alg), sign=_constant(bytes(size))))


def _public_key_spellings() -> list[bytes]:
    public: Any = forge.private_key("RS256", "issuer").public_key()
    key = forge.jwk("RS256")
    spellings = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        public.public_numbers().n.to_bytes(256),
        json.dumps(key).encode(),
        json.dumps({"keys": [key]}).encode(),
    ]
    bare = [spelling.rstrip(b"\n") for spelling in spellings]
    return [*spellings, *bare, *(s + b"\n" for s in bare), *(b"\xef\xbb\xbf" + s for s in spellings)]


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_j02_hmac_keyed_with_our_public_key(alg: str) -> None:
    """J-02: CVE-2016-5431, CVE-2022-29217; also when the header claims our own algorithm."""
    for secret in _public_key_spellings():
        sign = forge.hmac_signer(alg, secret)
        with pytest.raises(AlgorithmNotAllowed):
            forge.verifier().verify(forge.token(head=forge.header(alg), sign=sign))
        with pytest.raises(SignatureInvalid):
            forge.verifier().verify(forge.token(sign=sign))


@pytest.mark.parametrize("member", ["jwk", "x5c", "x5t", "x5t#S256"])
def test_j03_a_key_brought_along(member: str) -> None:
    """J-03: CVE-2018-0114, CVE-2026-27962."""
    attacker: Any = forge.private_key("RS256", "attacker").public_key()
    der = attacker.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    brought = {"jwk": forge.jwk("RS256", n=forge.encode(attacker.public_numbers().n.to_bytes(256))), "x5c": [forge.encode(der)]}
    head = forge.header(**{member: brought.get(member, forge.encode(der[:20]))})
    with pytest.raises(HeaderInvalid):
        forge.verifier().verify(forge.token(head=head, sign=forge.signer(owner="attacker")))


@pytest.mark.parametrize("alg", forge.KIDS)
def test_j03_signed_by_another_key_of_our_kid(alg: str) -> None:
    with pytest.raises(SignatureInvalid):
        forge.verifier().verify(forge.token(head=forge.header(alg), sign=forge.signer(alg, "attacker")))


@pytest.mark.parametrize("member", ["jku", "x5u", "kid"])
def test_j04_addresses_in_the_header_are_not_visited(member: str) -> None:
    """J-04: RFC 8725 section 3.10; the listener must see no connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks.json"
        with pytest.raises(VerificationError):
            forge.verifier().verify(forge.token(head=forge.header(**{member: address}), sign=forge.signer(owner="attacker")))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


class TestJ05KeyId:
    """J-05: a kid is looked up among known ones, never a path, a query or a crash."""

    @pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "rsa ", "RSA", "\\\\host\\share", "$(id)", "a" * 128])
    def test_j05_unknown(self, kid: str) -> None:
        with pytest.raises(UnknownKey):
            forge.verifier().verify(forge.token(head=forge.header(kid=kid)))

    @pytest.mark.parametrize(
        "kid", [None, "", "rsa\0", "rsa\n", "\x7f", "rśa", "a" * 129, 7, 0, True, 1.5, {}, {"kid": "rsa"}, [], ["rsa"]]
    )
    def test_j05_not_a_key_id(self, kid: Any) -> None:
        with pytest.raises(KeyIdInvalid):
            forge.verifier().verify(forge.token(head=forge.header(kid=kid)))

    def test_j05_null_and_10_kb(self) -> None:
        for head in (b'{"typ":"at+jwt","alg":"RS256","kid":null}', forge.header(kid="a" * 10_000)):
            with pytest.raises(VerificationError):
                forge.verifier().verify(forge.token(head=head))


@pytest.mark.parametrize("crit", [["exp"], ["unknown"], ["b64"], [], "exp", {}, 1, None])
def test_j08_crit(crit: Any) -> None:
    """J-08: CVE-2026-32597, CVE-2025-59420; we know no extension, so any `crit` refuses, null too."""
    for extra in ({}, {"exp": 1}, {"unknown": 1}):
        with pytest.raises(HeaderInvalid):
            forge.verifier().verify(forge.token(head={**forge.header(), "crit": crit, **extra}))


@pytest.mark.parametrize(
    "extra", [{"b64": False}, {"b64": False, "crit": ["b64"]}, {"b64": True}, {"b64": True, "crit": ["b64"]}]
)
def test_j09_unencoded_payload(extra: dict[str, Any]) -> None:
    """J-09: CVE-2026-48525; with the payload, raw, or detached."""
    head = {**forge.header(), **extra}
    payload = json.dumps(forge.CLAIMS)
    segment = forge.encode(json.dumps(head).encode())
    raw = forge.sign_segments(segment, payload)
    detached = f"{segment}..{raw.rsplit('.', 1)[1]}"
    for bad in (forge.token(head=head), raw, detached):
        with pytest.raises(VerificationError):
            forge.verifier().verify(bad)


@pytest.mark.parametrize("member", ["zip", "cty", "enc", "epk", "p2c", "apu", "ALG", "Kid", "exp", ""])
def test_j08_no_other_header_member(member: str) -> None:
    with pytest.raises(HeaderInvalid):
        forge.verifier().verify(forge.token(head={**forge.header(), member: "x"}))


@pytest.mark.parametrize("claimed", [*forge.KIDS, "RS384", "RS512", "PS256", "ES384", "ES256K", "Ed25519", "rs256", "RS256 "])
@pytest.mark.parametrize("own", forge.KIDS)
def test_j25_alg_that_is_not_the_keys_own(claimed: str, own: str) -> None:
    """J-25: CVE-2026-48523, CVE-2026-22817."""
    if claimed == own:
        return
    head = forge.header(claimed, kid=forge.KIDS[own])
    for alg in forge.KIDS:
        with pytest.raises(AlgorithmNotAllowed):
            forge.verifier().verify(forge.token(head=head, sign=forge.signer(alg)))


@pytest.mark.parametrize("alg", forge.KIDS)
def test_j22_refusals_repeat_nothing_of_the_token(alg: str) -> None:
    """J-22: CVE-2019-7644; neither the expected signature nor what was sent."""
    good = forge.token(head=forge.header(alg), sign=forge.signer(alg))
    other = forge.token(head=forge.header(alg), sign=forge.signer(alg, "attacker"))
    with pytest.raises(SignatureInvalid) as refusal:
        forge.verifier().verify(other)
    said = f"{refusal.value!r} {refusal.value} {refusal.value.__cause__!r} {refusal.value.__context__!r}"
    for part in (*good.split("."), *other.split("."), "usr_1", "ses_1"):
        assert part not in said


@pytest.mark.parametrize("alg", forge.KIDS)
@settings(deadline=None)
@given(signature=st.binary(max_size=300))
def test_any_bytes_for_a_signature_are_refused(alg: str, signature: bytes) -> None:
    """J-01, J-18: no length or content of a signature makes another error than a refusal."""
    with pytest.raises(VerificationError):
        forge.verifier().verify(forge.token(head=forge.header(alg), sign=_constant(signature)))
