"""Private signing keys: made in the keys function, wrapped by KMS, loaded where tokens are signed."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import Algorithm, ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gatepost.config import SigningKeySpec
from gatepost.identifiers import new_id
from gatepost.signing.ring import SigningKey

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_ALGORITHMS: dict[str, type[Algorithm]] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def make(spec: SigningKeySpec, wrap: Callable[[bytes, str], bytes], now: int) -> SigningKey:
    """Return a new standby key of kind `spec`; `wrap` gets the PKCS #8 bytes and the `kid`."""
    algorithm, private_key = _generate(spec)
    kid = new_id()
    public_jwk: dict[str, Any] = _ALGORITHMS[algorithm].to_jwk(private_key.public_key(), as_dict=True)
    public_jwk = {name: value for name, value in public_jwk.items() if name != "key_ops"}
    encoded = private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(
        kid=kid,
        algorithm=algorithm,
        public_jwk=public_jwk | {"kid": kid, "alg": algorithm, "use": "sig"},
        wrapped_private=wrap(encoded, kid),
        state="standby",
        state_since=now,
        created_at=now,
    )


def load(encoded: bytes) -> PrivateKey:
    """Return the key object of PKCS #8 bytes. Hold on to it: PyJWT given PEM text parses it at every signature, for 40 ms."""
    key = serialization.load_der_private_key(encoded, password=None)
    if not isinstance(key, PrivateKey):
        raise TypeError("the ring holds a key of a kind that Gatepost doesn't make")
    return key


def _generate(spec: SigningKeySpec) -> tuple[str, PrivateKey]:
    match spec:
        case "RSA_2048":
            return "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case "RSA_3072":
            return "RS256", rsa.generate_private_key(public_exponent=65537, key_size=3072)
        case "ECC_NIST_P256":
            return "ES256", ec.generate_private_key(ec.SECP256R1())
        case "ED25519":
            return "EdDSA", ed25519.Ed25519PrivateKey.generate()
