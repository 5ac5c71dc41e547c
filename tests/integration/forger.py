"""Access tokens for this deployment that it never issued: signed by its own key where a test wants to see more than a bad
signature.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gatepost.aws.clients import client
from gatepost.aws.kms import KeyWrapper
from gatepost.config import AccountSettings
from gatepost.signing import private_keys
from gatepost.storage import signing_keys
from gatepost.storage.table import Database
from local.stack import Stack
from tests.support import Api
from tests.unit.verifier import forge


@dataclass(frozen=True)
class Forger:
    """A user's good token taken apart, and the deployment's signing key."""

    claims: dict[str, Any]
    kid: str
    jwk: dict[str, Any]
    key: rsa.RSAPrivateKey

    def sign(self, message: bytes) -> bytes:
        """Sign as the deployment does: RS256."""
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def head(self, **changes: Any) -> dict[str, Any]:
        """The header of its tokens; a change to None removes the member."""
        members = {"typ": "at+jwt", "alg": "RS256", "kid": self.kid, **changes}
        return {name: value for name, value in members.items() if value is not None}

    def token(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        head: Mapping[str, Any] | bytes | None = None,
        sign: forge.Signer | None = None,
    ) -> str:
        """A token; by default a good one for the user."""
        return forge.token(claims or self.claims, head=self.head() if head is None else head, sign=sign or self.sign)


def forger_for(stack: Stack, access_token: str) -> Forger:
    """Return what forging tokens like `access_token` takes."""
    settings = AccountSettings.from_environment(stack.functions["AccountFunction"].definition.environment)
    key = signing_keys.read(Database(client("dynamodb")), settings.keys_table).signing()
    assert key is not None
    private_key = private_keys.load(KeyWrapper(client("kms"), settings.kms_key_id).unwrap(key.wrapped_private, key.kid))
    assert isinstance(private_key, rsa.RSAPrivateKey)
    (jwk,) = [jwk for jwk in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"] if jwk["kid"] == key.kid]
    payload = access_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return Forger(claims, key.kid, jwk, private_key)
