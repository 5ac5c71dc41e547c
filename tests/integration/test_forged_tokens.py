"""Access tokens that this deployment didn't issue, or not for this: `GET /v1/me` takes none of them.

A few of each case; the verifier's own tests hold the full matrices.
"""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.forger import Forger, forger_for
from tests.integration.logs import captured_logs
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, Api, problem
from tests.unit.verifier import forge


@pytest.fixture(scope="module")
def forger(stack: Stack) -> Forger:
    """Forges tokens of some user."""
    return forger_for(stack, Api(stack).sign_up()["access_token"])


def _refused(stack: Stack, token: str) -> None:
    answer = invoke(stack, event(token=token))
    assert problem(answer) == (401, "invalid_access_token"), token
    assert answer.header("www-authenticate") == 'Bearer error="invalid_token"'


def test_an_unchanged_token_is_taken(stack: Stack, forger: Forger) -> None:
    """Else all that follows would prove nothing."""
    assert invoke(stack, event(token=forger.token())).json()["id"] == forger.claims["sub"]


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None])
def test_j01_a_token_without_a_signature_is_refused(stack: Stack, forger: Forger, alg: str | None) -> None:
    """CVE-2015-9235, CVE-2020-28042."""
    unsigned = forger.token(head=forger.head(alg=alg), sign=lambda _: b"")
    for token in (unsigned, unsigned.rstrip("."), forger.token(head=forger.head(alg=alg))):
        _refused(stack, token)
    _refused(stack, forger.token(sign=lambda _: b""))
    _refused(stack, forger.token(sign=lambda _: bytes(256)))


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_j02_a_token_signed_with_our_public_key_as_a_secret_is_refused(stack: Stack, forger: Forger, alg: str) -> None:
    """CVE-2016-5431, CVE-2022-29217."""
    public = forger.key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    jwk = json.dumps(forger.jwk).encode()
    jwks = json.dumps({"keys": [forger.jwk]}).encode()
    for secret in (pem, pem.strip(), b"\xef\xbb\xbf" + pem, der, jwk, jwks, public.public_numbers().n.to_bytes(256), b""):
        sign = forge.hmac_signer(alg, secret)
        _refused(stack, forger.token(head=forger.head(alg=alg), sign=sign))
        _refused(stack, forger.token(sign=sign))


@pytest.mark.parametrize("member", ["jwk", "x5c", "jku", "x5u"])
def test_j03_a_key_that_the_token_brings_along_is_not_used(stack: Stack, forger: Forger, member: str) -> None:
    """CVE-2018-0114, CVE-2026-27962."""
    attacker: Any = forge.private_key("RS256", "attacker")
    modulus = forge.encode(attacker.public_key().public_numbers().n.to_bytes(256))
    brought = {"jwk": forger.jwk | {"n": modulus}, "x5c": [modulus]}.get(member, "https://evil.example.net/jwks.json")
    for kid in (forger.kid, "attacker"):
        head = forger.head(kid=kid, **{member: brought})
        _refused(stack, forger.token(head=head, sign=forge.signer(owner="attacker")))
        _refused(stack, forger.token(head=head))


def test_j03_a_token_signed_by_another_key_is_refused(stack: Stack, forger: Forger) -> None:
    _refused(stack, forger.token(sign=forge.signer(owner="attacker")))


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "' OR 1=1--", "\x00", "a" * 10_000, 1, {}, [], "", None, True, "RING#ACCESS_TOKEN", "{}", " {}", "{}\n"],
)
def test_j05_an_odd_kid_finds_no_key(stack: Stack, forger: Forger, kid: Any) -> None:
    """CVE-2026-22817's kin: no file, no table and no other key by the kid of a token. {} is the good one."""
    if kid == "{}":
        kid = forger.kid.upper()
    elif isinstance(kid, str):
        kid = kid.replace("{}", forger.kid)
    _refused(stack, forger.token(head=forger.head(kid=kid)))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
def test_j12_a_token_without_a_required_claim_is_refused(stack: Stack, forger: Forger, claim: str) -> None:
    """RFC 9068, section 2.2; GHSA-wxg7-w2v3-w38g."""
    _refused(stack, forger.token({name: value for name, value in forger.claims.items() if name != claim}))
    nothings: list[Any] = [None, "", [], {}, False]
    for nothing in nothings:
        _refused(stack, forger.token(forger.claims | {claim: nothing}))


@pytest.mark.parametrize("sid", [None, "", "x", "0" * 32, 1, ["{}"], "{}x", "{}#", "SESSION#{}"])
def test_j12_a_token_without_a_living_session_is_refused(stack: Stack, forger: Forger, sid: Any) -> None:
    if isinstance(sid, str):
        sid = sid.replace("{}", forger.claims["sid"])
    _refused(stack, forger.token(forger.claims | {"sid": sid}))
    _refused(stack, forger.token({name: value for name, value in forger.claims.items() if name != "sid"}))


def test_j12_a_session_does_not_go_with_another_user(stack: Stack, forger: Forger) -> None:
    other = Api(stack).sign_up()
    _refused(stack, forger.token(forger.claims | {"sub": other["user"]["id"]}))
    _refused(stack, forger.token(forger.claims | {"sid": other["session_id"]}))


@pytest.mark.parametrize(
    "audience",
    [
        AUDIENCE,
        [AUDIENCE],
        [AUDIENCE, OTHER_AUDIENCE],
        ISSUER[:-1],
        f"{ISSUER}/",
        f"{ISSUER}.evil.net",
        ISSUER.upper(),
        f"{ISSUER} {AUDIENCE}",
        f"{ISSUER},{AUDIENCE}",
        [ISSUER, 1],
        [ISSUER, None],
        [[ISSUER]],
        {ISSUER: True},
        "",
        [],
        [""],
        "*",
        None,
        True,
    ],
)
def test_j14_a_token_for_another_audience_is_refused(stack: Stack, forger: Forger, audience: Any) -> None:
    """CVE-2024-5798, CVE-2026-55689."""
    _refused(stack, forger.token(forger.claims | {"aud": audience}))


@pytest.mark.parametrize("audience", [ISSUER, [ISSUER], [AUDIENCE, ISSUER]])
def test_j14_a_token_for_the_issuer_among_others_is_taken(stack: Stack, forger: Forger, audience: Any) -> None:
    assert invoke(stack, event(token=forger.token(forger.claims | {"aud": audience}))).status == 200


@pytest.mark.parametrize(
    "issuer",
    [
        f"{ISSUER}/",
        ISSUER[:-1],
        f"{ISSUER}.evil.net",
        ISSUER.upper(),
        [ISSUER],
        ISSUER.replace("https", "http"),
        f"{ISSUER}:443",
        AUDIENCE,
    ],
)
def test_j15_a_token_of_another_issuer_is_refused(stack: Stack, forger: Forger, issuer: Any) -> None:
    """GHSA-75c5-xw7c-p5pm."""
    _refused(stack, forger.token(forger.claims | {"iss": issuer}))


def test_j22_a_wrong_signature_is_not_told_the_right_one(stack: Stack, forger: Forger) -> None:
    """CVE-2019-7644."""
    forged = forger.token(forger.claims | {"roles": ["admin"]}, sign=forge.signer(owner="attacker"))
    expected = forger.token(forger.claims | {"roles": ["admin"]}).rsplit(".", 1)[1]
    with captured_logs() as lines:
        answer = invoke(stack, event(token=forged))
    assert answer.status == 401
    said = repr(answer) + "".join(lines)
    assert lines
    for secret in (expected, *forged.split("."), forger.claims["sub"]):
        assert secret not in said


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS384", "RS512", "PS256", "rs256", "RS256 ", "HS256"])
def test_j25_an_algorithm_other_than_the_keys_own_is_refused(stack: Stack, forger: Forger, alg: str) -> None:
    """CVE-2026-48523: ES256 and EdDSA are allowed, but not with this key."""
    _refused(stack, forger.token(head=forger.head(alg=alg)))
    signer = alg if alg in forge.KIDS else "RS256"
    _refused(stack, forger.token(head=forger.head(alg=alg), sign=forge.signer(signer, "attacker")))


@pytest.mark.parametrize(
    "typ", [None, "JWT", "jwt", "", "id+jwt", "logout+jwt", "secevent+jwt", "rt+jwt", "dpop+jwt", "at", 1, ["at+jwt"]]
)
def test_j13_a_jwt_of_another_type_is_refused(stack: Stack, forger: Forger, typ: Any) -> None:
    """Well signed and with the claims of an access token: RFC 8725, section 3.11; RFC 9068, section 4."""
    _refused(stack, forger.token(head=forger.head(typ=typ)))
