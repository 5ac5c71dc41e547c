"""The issuer's public keys, checked once when they are read so that a verification needs no check of them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeGuard

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from gatepost_verifier.encoding import decode_base64url
from gatepost_verifier.errors import KeySetError

MAX_KEYS = 100
MAX_KEY_ID_LENGTH = 128
# Below 2048 bits is too weak (RFC 7518 section 3.3); far above, one verification is a denial of service.
RSA_MODULUS_BITS = range(2048, 8192 + 1)
# FIPS 186-5 section 5.4: odd, and between these.
RSA_EXPONENTS = range(65537, 2**256, 2)

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class _KeyType(NamedTuple):
    """What a JWK for one `alg` must look like, and who checks its signatures."""

    kty: str
    crv: str | None
    parameters: tuple[str, ...]
    algorithm: Algorithm


# One signature algorithm for each key type, so that a key can never be used for another one (RFC 8725 section 3.1).
_KEY_TYPES = {
    "RS256": _KeyType("RSA", None, ("n", "e"), RSAAlgorithm(RSAAlgorithm.SHA256)),
    "ES256": _KeyType("EC", "P-256", ("x", "y"), ECAlgorithm(ECAlgorithm.SHA256, SECP256R1)),
    "EdDSA": _KeyType("OKP", "Ed25519", ("x",), OKPAlgorithm()),
}

ALGORITHMS = frozenset(_KEY_TYPES)
"""The `alg` values an access token may have (RFC 7518 section 3.1, RFC 8037 section 3.1)."""


class VerificationKey(NamedTuple):
    """A public key, the one algorithm it is for (`alg`, its JWA name), and PyJWT's implementation of that."""

    kid: str
    alg: str
    key: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
    algorithm: Algorithm


KeyLookup = Callable[[str], VerificationKey | None]
"""The issuer's key of a `kid`, None if it has none: `.get` of a parsed key set, or of a `KeySource`, which fetches one."""


def is_key_id(kid: object) -> TypeGuard[str]:
    """Whether `kid` is a string of 1 to 128 printable ASCII characters."""
    return isinstance(kid, str) and 0 < len(kid) <= MAX_KEY_ID_LENGTH and kid.isascii() and kid.isprintable()


def parse_key_set(jwks: Mapping[str, Any]) -> Mapping[str, VerificationKey]:
    """The keys of a JWK Set by their `kid` (RFC 7517 section 5).

    One unusable key refuses the whole set: the issuer publishes only keys that verify, so anything else is a fault to be
    seen at once rather than when that key starts to sign. Raises KeySetError naming the key and the fault.
    """
    jwk_list = jwks.get("keys")
    if not isinstance(jwk_list, list) or not 0 < len(jwk_list) <= MAX_KEYS:
        raise KeySetError(f"a key set needs a list `keys` of 1 to {MAX_KEYS} keys")
    keys: dict[str, VerificationKey] = {}
    for index, jwk in enumerate(jwk_list):
        if not isinstance(jwk, dict) or not is_key_id(jwk.get("kid")):
            raise KeySetError(f"key {index}: a key is an object with a `kid` of 1 to {MAX_KEY_ID_LENGTH} printable characters")
        kid = jwk["kid"]
        if kid in keys:
            raise KeySetError(f"key {index}: `kid` {kid!r} stands twice")
        try:
            keys[kid] = _parse_key(kid, jwk)
        except (ValueError, InvalidKeyError, UnsupportedAlgorithm) as error:
            raise KeySetError(f"key {index}, `kid` {kid!r}: {error}") from None
    return keys


def _parse_key(kid: str, jwk: dict[str, Any]) -> VerificationKey:
    alg = jwk.get("alg")
    if not isinstance(alg, str) or alg not in _KEY_TYPES:
        raise ValueError(f"`alg` must be one of {', '.join(sorted(ALGORITHMS))}")
    key_type = _KEY_TYPES[alg]
    if jwk.get("kty") != key_type.kty or jwk.get("crv") != key_type.crv:
        raise ValueError(f"`kty` or `crv` isn't that of {alg}")
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise ValueError("it holds private members; publish the public key alone and replace this one")
    if jwk.get("use", "sig") != "sig":
        raise ValueError("`use` isn't `sig`")
    key_operations = jwk.get("key_ops", ["verify"])
    if not isinstance(key_operations, list) or "verify" not in key_operations:
        raise ValueError("`key_ops` doesn't allow `verify`")
    parameters = {name: _parameter(jwk, name) for name in key_type.parameters}
    if key_type.kty == "RSA":
        _check_rsa(parameters)
    return VerificationKey(kid, alg, key_type.algorithm.from_jwk(jwk), key_type.algorithm)


def _parameter(jwk: dict[str, Any], name: str) -> bytes:
    # PyJWT's reader skips characters outside the alphabet: one key must not have several spellings.
    value = jwk.get(name)
    if type(value) is not str:
        raise ValueError(f"`{name}` isn't a string")
    try:
        return decode_base64url(value.encode("ascii"))
    except ValueError:
        raise ValueError(f"`{name}` isn't canonical base64url") from None


def _check_rsa(parameters: dict[str, bytes]) -> None:
    bits = int.from_bytes(parameters["n"]).bit_length()
    if bits not in RSA_MODULUS_BITS:
        raise ValueError(f"an RSA modulus has {RSA_MODULUS_BITS[0]} to {RSA_MODULUS_BITS[-1]} bits, this one {bits}")
    if int.from_bytes(parameters["e"]) not in RSA_EXPONENTS:
        raise ValueError("an RSA public exponent is odd and at least 65537")
