"""The J cases once more, behind every kind of API: whatever is wrong with a token, the gateway is told Unauthorized."""

import json
from typing import Any

import pytest

from tests.unit.authorizer.events import SHAPES, Shape
from tests.unit.authorizer.support import outcome
from tests.unit.verifier import forge
from tests.unit.verifier.forge import AUDIENCE, ISSUER, NOW

PEM_LIKE = json.dumps(forge.jwk("RS256")).encode()


def _nothing(_: bytes) -> bytes:
    return b""


def _with(**members: Any) -> str:
    """A well signed token whose header has these members."""
    return forge.token(head={**forge.header(), **members})


def _claims(**changes: Any) -> str:
    return forge.token(forge.claims(**changes))


KIDS: tuple[Any, ...] = ("../../dev/null", "", "rsa\0", 7, {}, "a" * 10_000)
HEADER, PAYLOAD, SIGNATURE = GOOD = forge.token().split(".")
FORGERIES = {
    **{
        f"J-01 alg {alg!r}": forge.token(head=forge.header(alg=alg), sign=_nothing)
        for alg in ("none", "NONE", "nOnE", "", None)
    },
    "J-01 no signature": f"{HEADER}.{PAYLOAD}.",
    **{
        f"J-02 {alg}": forge.token(head=forge.header(alg), sign=forge.hmac_signer(alg, PEM_LIKE))
        for alg in ("HS256", "HS384", "HS512")
    },
    "J-03 jwk": forge.token(head={**forge.header(), "jwk": forge.jwk("RS256")}, sign=forge.signer(owner="attacker")),
    "J-03 another key": forge.token(sign=forge.signer(owner="attacker")),
    "J-04 jku": _with(jku="http://127.0.0.1:9/jwks.json"),
    **{f"J-05 kid {str(kid)[:20]!r}": _with(kid=kid) for kid in KIDS},
    "J-05 no kid": forge.token(head={"typ": "at+jwt", "alg": "RS256"}),
    "J-08 crit": _with(crit=["exp"]),
    "J-09 b64": _with(b64=False, crit=["b64"]),
    "J-10 a member twice": forge.token(json.dumps(forge.CLAIMS).replace('"sub"', '"sub": "root", "sub"').encode()),
    "J-10 UTF-16": forge.token(json.dumps(forge.CLAIMS).encode("utf-16")),
    "J-10 BOM": forge.token(b"\xef\xbb\xbf" + json.dumps(forge.CLAIMS).encode()),
    **{f"J-11 exp {exp!r}": _claims(exp=exp) for exp in (str(NOW + 900), True, NOW + 900.0, [NOW + 900], None, -1, 10**30)},
    "J-11 iat in the future": _claims(iat=NOW + 31),
    "J-11 nbf in the future": _claims(nbf=NOW + 31),
    **{
        f"J-12 without {claim}": forge.token(forge.claims_without(claim))
        for claim in ("iss", "sub", "aud", "exp", "iat", "jti", "client_id")
    },
    "J-13 an ID token": forge.token(head=forge.header(typ="JWT")),
    **{
        f"J-14 aud {aud!r}": _claims(aud=aud)
        for aud in ("https://other.example.com", AUDIENCE[:-1], f"{AUDIENCE}/", "", [], [AUDIENCE, 1], None, {AUDIENCE: 1})
    },
    **{f"J-15 iss {iss!r}": _claims(iss=iss) for iss in (f"{ISSUER}/", ISSUER[:-1], ISSUER.upper(), [ISSUER], None)},
    "J-18 an empty ECDSA signature": forge.token(head=forge.header("ES256"), sign=lambda _: bytes(64)),
    "J-19 8 MB": "a" * 8_000_000,
    "J-19 a million dots": "." * 1_000_000,
    "J-20 padded": f"{HEADER}.{PAYLOAD}.{SIGNATURE}=",
    "J-20 a line end": f"{HEADER}.{PAYLOAD}.{SIGNATURE}\n",
    "J-20 a blank": f"{HEADER}. {PAYLOAD}.{SIGNATURE}",
    "J-21 truncated": ".".join(GOOD)[:-1],
    "J-24 another issuer, the same key": _claims(iss="https://staging.example.com"),
    "J-24 the same kid, the key of another stage": forge.token(sign=forge.signer(owner="attacker")),
    "J-25 another key's algorithm": forge.token(head=forge.header("ES256", kid="rsa"), sign=forge.signer("ES256")),
    "J-26 roles of the wrong type": _claims(roles="admin"),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_unauthorized_behind_every_kind_of_api(shape: Shape, forgery: str) -> None:
    event = shape.event({"authorization": f"Bearer {FORGERIES[forgery]}"})
    assert outcome(event, shape.door("GET /orders = authenticated; CONNECT $connect = authenticated")) == (401, {})
    # And nobody on a public route.
    public = outcome(event, shape.door("GET /orders = public; CONNECT $connect = public"))
    assert public == (200, {})


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("alg", forge.KIDS)
def test_good_tokens_of_every_algorithm_are_taken_behind_every_kind_of_api(shape: Shape, alg: str) -> None:
    token = forge.token(head=forge.header(alg), sign=forge.signer(alg))
    assert outcome(shape.event({"authorization": f"Bearer {token}"}), shape.door())[0] == 200
