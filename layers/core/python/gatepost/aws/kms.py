"""Sealing under a KMS key: small secrets directly, waiting mails under a data key made once an environment and hour."""

import secrets
import struct
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatepost import clock
from gatepost.aws.clients import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_DATA_KEY_LIFETIME = 3600  # seconds
# What the key is used for, by the member `gatepost` of the encryption context: so the rights to it are bound (template.yaml).
SIGNING_KEY, DATA_KEY = "signing-key", "data-key"
_DATA_KEY_CONTEXT = {"gatepost": DATA_KEY}
_NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2.2: a random nonce of 96 bits


class KeyWrapper:
    """Wraps private signing keys (at most 4,096 bytes) by `Encrypt` and `Decrypt`, bound to their `kid` by the
    encryption context.

    https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """

    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def wrap(self, private_key: bytes, kid: str) -> bytes:
        """Return `private_key` encrypted under the KMS key. Raises `Unavailable` if KMS fails."""
        with unavailable_on_failure():
            answer = self._kms.encrypt(KeyId=self._key_id, Plaintext=private_key, EncryptionContext=_signing_context(kid))
        return answer["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, kid: str) -> bytes:
        """Return what `wrap` was given. Raises `Unavailable` if KMS fails or refuses."""
        with unavailable_on_failure():
            answer = self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=_signing_context(kid))
        return answer["Plaintext"]


def _signing_context(kid: str) -> dict[str, str]:
    return {"gatepost": SIGNING_KEY, "kid": kid}


class Sealer:
    """Authenticated encryption (AES-256-GCM) of what lies in a table and has to be used again.

    A sealed value is: length of the wrapped data key (2 bytes), wrapped data key, nonce, ciphertext and tag. The data
    key is made by KMS once an hour and environment, so that neither a request nor a mail costs a KMS call.
    """

    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id
        self._lock = Lock()
        self._made_at = 0
        # Replaced as a whole, so that no thread sees half of it: the data key, wrapped and ready.
        self._current: tuple[bytes, AESGCM] | None = None
        self._opened = lru_cache(maxsize=256)(self._open_data_key)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return `plaintext` sealed; it opens only with the same `context` (such as the id of its item). Raises
        `Unavailable`.
        """
        wrapped, cipher = self._data_key()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return struct.pack(">H", len(wrapped)) + wrapped + nonce + cipher.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed with `context`.

        Raises:
            ValueError: if `sealed` was not made by `seal` with this context.
            Unavailable: if KMS fails.
        """
        try:
            (length,) = struct.unpack_from(">H", sealed)
            wrapped, rest = sealed[2 : 2 + length], sealed[2 + length :]
            current = self._current
            cipher = current[1] if current and current[0] == wrapped else self._opened(wrapped)
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.encode())
        except (struct.error, InvalidTag) as exc:
            raise ValueError("not a value sealed for this context") from exc

    def _data_key(self) -> tuple[bytes, AESGCM]:
        with self._lock:
            if self._current is None or clock.now() - self._made_at >= _DATA_KEY_LIFETIME:
                with unavailable_on_failure():
                    answer = self._kms.generate_data_key(
                        KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=_DATA_KEY_CONTEXT
                    )
                self._current, self._made_at = (answer["CiphertextBlob"], AESGCM(answer["Plaintext"])), clock.now()
            return self._current

    def _open_data_key(self, wrapped: bytes) -> AESGCM:
        with unavailable_on_failure():
            answer = self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=_DATA_KEY_CONTEXT)
        return AESGCM(answer["Plaintext"])
