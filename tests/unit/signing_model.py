"""A deployment's signing keys and those who verify by them, in simulated time: the real rules, signers and verifiers.

Around them stands what they run in, as bad as it gets: clocks apart, tables that fail or answer late, HTTP caches, outages.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from functions.account.routes.public import _KEY_SET_MAX_AGE, _REVOCATIONS_MAX_AGE
from gatepost import revocations
from gatepost.access_tokens import LIFETIME, TOKEN_TYPE
from gatepost.audit import Trail
from gatepost.aws.kms import KeyWrapper
from gatepost.config import KeysSettings
from gatepost.signing.ring import KeyRing, SigningKey
from gatepost.signing.rotation import KeyMaker
from gatepost.signing.signer import Signer
from gatepost.storage import signing_keys
from gatepost.storage.table import Database
from gatepost_verifier import KeySource, RevocationSource, VerificationError, Verifier

START = 1_800_000_000
ISSUER, AUDIENCE = "https://auth.example.com", "https://api.example.com"
_SETTINGS = {"KEYS_TABLE": "keys", "AUDIT_TABLE": "audit", "KMS_KEY_ID": "key", "SIGNING_KEY_SPEC": "ED25519"}
JWKS = "/.well-known/jwks.json"
Failure = Literal["none", "refused", "lost answer"]


@dataclass
class DynamoDB:
    """A client of DynamoDB that knows the one item of the Keys table; `meanwhile` happens just before the next write."""

    item: dict[str, Any] | None = None
    failure: Failure = "none"
    meanwhile: Callable[[], object] | None = None
    update_item = delete_item = None  # the ring is neither updated nor deleted

    def get_item(self, **_: Any) -> dict[str, Any]:
        """GetItem."""
        if self.failure == "refused":
            raise _error("InternalServerError")
        return {} if self.item is None else {"Item": self.item}

    def put_item(self, **request: Any) -> dict[str, Any]:
        """PutItem."""
        self._put(request, _error("ConditionalCheckFailedException"))
        return {}

    def transact_write_items(self, TransactItems: list[Any], **_: Any) -> None:  # noqa: N803 (of the SDK)
        """TransactWriteItems of the ring and the event."""
        reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]
        self._put(TransactItems[0]["Put"], _error("TransactionCanceledException", CancellationReasons=reasons))

    def _put(self, request: dict[str, Any], refusal: ClientError) -> None:
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        if self.failure == "refused":
            raise _error("InternalServerError")
        previous = request.get("ExpressionAttributeValues", {}).get(":previous")
        if (self.item or {}).get("version") != previous:
            raise refusal
        self.item = request["Item"]
        if self.failure == "lost answer":
            self.failure = "none"
            raise ReadTimeoutError(endpoint_url="https://dynamodb")


@dataclass
class Kms:
    """A client of KMS that wraps nothing; `fails` at will."""

    fails: bool = False

    def encrypt(self, Plaintext: bytes, **_: Any) -> dict[str, bytes]:  # noqa: N803 (of the SDK)
        """Encrypt."""
        if self.fails:
            raise _error("ThrottlingException")
        return {"CiphertextBlob": Plaintext}


def _error(code: str, **members: Any) -> ClientError:
    return ClientError(cast(Any, {"Error": {"Code": code, "Message": "made to fail"}, **members}), "Call")


@dataclass
class World:
    """The time, the tables, the environments that sign, and the clock of whoever acts now."""

    now: int = START
    skew: int = 0
    dynamodb: DynamoDB = field(default_factory=DynamoDB)
    kms: Kms = field(default_factory=Kms)

    def __post_init__(self) -> None:
        self.db = Database(cast(Any, self.dynamodb))
        settings = KeysSettings.from_environment({f"GATEPOST_{name}": value for name, value in _SETTINGS.items()})
        self.maker = KeyMaker(settings, self.db, KeyWrapper(cast(Any, self.kms), "key"), Trail("audit", 400))
        self.signers = {skew: Signer(self.read, lambda wrapped, kid: wrapped) for skew in (-15, 0, 15)}

    def clock(self) -> int:
        """What `gatepost.clock.now` tells whoever acts."""
        return self.now + self.skew

    @contextmanager
    def acting(self, skew: int) -> Iterator[None]:
        """Let somebody act whose clock is ahead by `skew`."""
        before, self.skew = self.skew, skew
        try:
            yield
        finally:
            self.skew = before

    def read(self) -> KeyRing:
        """Read the ring as an environment does."""
        return signing_keys.read(self.db, "keys")

    def ring(self) -> KeyRing:
        """The ring as it is, whatever fails."""
        return signing_keys.read(Database(cast(Any, DynamoDB(self.dynamodb.item))), "keys")

    def sign(self, skew: int, signer: Signer | None = None) -> "Token":
        """Sign an access token in the environment whose clock is ahead by `skew`."""
        now = self.now + skew
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": "user",
            "aud": [ISSUER, AUDIENCE],
            "client_id": "gatepost",
            "sid": "session",
        }
        claims |= {"jti": "token", "scope": "", "roles": [], "permissions": [], "amr": ["pwd"], "acr": "aal1", "ver": 0}
        times = {"iat": now, "nbf": now, "exp": now + LIFETIME, "auth_time": now}
        signer = signer or self.signers[skew]
        with self.acting(skew):
            text, key = signer.sign(claims | times, TOKEN_TYPE), signer.ring().signing()
        assert key
        return Token(text, key.kid, now + LIFETIME)

    def publish(self, path: str) -> bytes:
        """What the environments answer, each in its turn."""
        skew = (-15, 0, 15)[self.now % 3]
        with self.acting(skew):
            if path == JWKS:
                return json.dumps(self.signers[skew].newest_ring().jwks()).encode()
            removed = [revocations.hashed(key.kid) for key in self.signers[skew].ring().removed_lately(self.clock())]
        return json.dumps({"sessions": [], "users": {}, "complete": True} | ({"keys": removed} if removed else {})).encode()


@dataclass(frozen=True)
class Token:
    """An access token, the key that signed it, and its `exp`."""

    text: str
    kid: str
    exp: int


def forged(world: World, key: SigningKey) -> Token:
    """A token that a thief of `key` makes right now."""
    stolen = KeyRing(1, (replace(key, state="signing"),))
    return world.sign(0, Signer(lambda: stolen, lambda wrapped, kid: wrapped))


@dataclass
class HttpCache:
    """Between the service and many verifiers."""

    world: World
    kept: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    def get(self, path: str) -> bytes:
        """Answer from the cache what is fresh there, the rest from the service."""
        max_age = _KEY_SET_MAX_AGE if path == JWKS else _REVOCATIONS_MAX_AGE
        body, since = self.kept.get(path, (b"", -max_age))
        if self.world.now - since >= max_age:
            body = self.world.publish(path)
            self.kept[path] = body, self.world.now
        return body


@dataclass
class Line:
    """The way of one verifier to the service: perhaps by an HTTP cache, and not always open."""

    world: World
    cache: HttpCache | None = None
    closed_until: int = 0

    def get(self, path: str) -> bytes:
        """Fetch what is published. Raises `OSError` while the line is closed."""
        if self.world.now < self.closed_until:
            raise OSError("an outage")
        return (self.cache.get if self.cache else self.world.publish)(path)


class Ours:
    """Our verifier, which keeps the key set for an hour; with the revocation list, if `told`."""

    def __init__(self, name: str, line: Line, *, skew: int, told: bool) -> None:
        self.line, self.skew = line, skew
        clock, source = (lambda: float(line.world.now)), f"https://{name}.example.com"
        self.verifier = Verifier(
            issuer=ISSUER,
            audience=AUDIENCE,
            keys=KeySource(source, clock=clock).get,
            revocations=RevocationSource(source, max_age=60, clock=clock) if told else None,
            clock=lambda: line.world.now + skew,
        )

    def takes(self, token: Token) -> bool:
        """Whether it takes `token` now."""
        try:
            self.verifier.verify(token.text)
        except VerificationError:
            return False
        return True


class Gateway:
    """A verifier such as a gateway's: it keeps the key set for two hours, whatever `kid` it meets."""

    AGE = 7200

    def __init__(self, line: Line) -> None:
        self.line, self.skew = line, 0
        self._kids: set[str] = set()
        self._since = -self.AGE

    def takes(self, token: Token) -> bool:
        """Whether it takes `token` now."""
        now = self.line.world.now
        if now - self._since >= self.AGE:
            with suppress(OSError):  # the old set goes on
                fetched = json.loads(self.line.get(JWKS))
                self._kids, self._since = {key["kid"] for key in fetched["keys"]}, now
        return token.kid in self._kids and now < token.exp
