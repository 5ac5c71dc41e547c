"""Tokens made by hand, so that a test can make any token, also ones no library would sign.

`NOW` is every test's clock. A token is a header and a payload (a dict, or the raw bytes) and a signer over the signing input.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gatepost_verifier import Verifier, parse_key_set

NOW = 1_800_000_000
ISSUER = "https://auth.example.com"
AUDIENCE = "https://api.example.com"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "usr_1",
    "aud": [ISSUER, AUDIENCE],
    "client_id": "gatepost",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 900,
    "jti": "tok_1",
    "sid": "ses_1",
    "scope": "orders profile",
    "roles": ["user"],
    "permissions": ["orders:read"],
    "auth_time": NOW - 60,
    "amr": ["pwd", "otp", "mfa"],
    "acr": "2",
    "ver": 3,
}
KIDS = {"RS256": "rsa", "ES256": "ec", "EdDSA": "ed"}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Signer = Callable[[bytes], bytes]


@cache
def private_key(alg: str, owner: str) -> PrivateKey:
    """The key of `owner` for `alg`, made once a test run."""
    del owner  # only tells keys apart
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(alg: str, /, **changes: Any) -> dict[str, Any]:
    """The issuer's public key for `alg` as a JWK; a change to None removes the member."""
    key: Any = private_key(alg, "issuer").public_key()
    library: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
    members = {**library[alg].to_jwk(key, as_dict=True), "kid": KIDS[alg], "alg": alg, "use": "sig", **changes}
    return {name: value for name, value in members.items() if value is not None}


def verifier(now: float = NOW, *, leeway: int = 30) -> Verifier:
    """A verifier of the issuer's three keys whose clock stands at `now`."""
    keys = parse_key_set({"keys": [jwk(alg) for alg in KIDS]})
    return Verifier(issuer=ISSUER, audience=AUDIENCE, keys=keys.get, leeway=leeway, clock=lambda: now)


def header(alg: str = "RS256", /, **changes: Any) -> dict[str, Any]:
    """Our header for `alg`; a change to None removes the member."""
    members = {"typ": "at+jwt", "alg": alg, "kid": KIDS.get(alg, "rsa"), **changes}
    return {name: value for name, value in members.items() if value is not None}


def claims(**changes: Any) -> dict[str, Any]:
    """A good payload with some claims set to other values (null is a value here)."""
    return {**CLAIMS, **changes}


def claims_without(name: str) -> dict[str, Any]:
    """A good payload that lacks one claim."""
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


def encode(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signer(alg: str = "RS256", owner: str = "issuer") -> Signer:
    """What signs as JWA's `alg` does, with the key of `owner`."""
    key = private_key(alg, owner)

    def sign(message: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(message)
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def hmac_signer(alg: str, secret: bytes) -> Signer:
    """HS256, HS384 or HS512 with `secret`."""
    return lambda message: hmac.new(secret, message, getattr(hashlib, f"sha{alg[2:]}")).digest()


def token(
    payload: Mapping[str, Any] | bytes = CLAIMS, *, head: Mapping[str, Any] | bytes | None = None, sign: Signer | None = None
) -> str:
    """A compact JWS; by default a good access token signed as RS256."""
    return sign_segments(_segment(header() if head is None else head), _segment(payload), sign)


def sign_segments(header_segment: str, payload_segment: str, sign: Signer | None = None) -> str:
    """A compact JWS over segments that are already encoded, however badly."""
    signing_input = f"{header_segment}.{payload_segment}"
    return f"{signing_input}.{encode((sign or signer())(signing_input.encode()))}"


def _segment(part: Mapping[str, Any] | bytes) -> str:
    return encode(part if isinstance(part, bytes) else json.dumps(part).encode())
