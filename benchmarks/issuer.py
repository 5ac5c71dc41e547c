"""An issuer on a loopback port, and the authorizer that takes its tokens, as it is deployed."""

import importlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gatepost_verifier.revocations import hashed

AUDIENCE = "https://api.example.com"
_REVOKED = 1000


@dataclass(frozen=True)
class Issuer:
    """A key, its tokens, and an authorizer that has fetched what it needs: its handler, and the verifier in it.

    `jwks` is the document that the authorizer has fetched.
    """

    url: str
    key: rsa.RSAPrivateKey
    public_key: rsa.RSAPublicKey
    jwks: dict[str, Any]
    handler: Callable[[object, object], Any]
    verify: Callable[[str], object]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def token(self) -> str:
        """A new token as Gatepost issues them."""
        now = int(time.time())
        unique = f"{next(self.numbers):032x}"
        claims = {
            "iss": self.url,
            "sub": unique,
            "aud": [self.url, AUDIENCE],
            "client_id": "gatepost",
            "iat": now,
            "nbf": now,
            "exp": now + 900,
            "jti": unique,
            "sid": unique,
            "scope": "",
            "roles": ["user"],
            "permissions": ["orders:read", "orders:write"],
            "auth_time": now,
            "amr": ["pwd"],
            "acr": "aal1",
            "ver": 0,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "key", "typ": "at+jwt"})

    def decode(self, token: str) -> None:
        """Have PyJWT decode it, its signature, times, issuer and audience checked."""
        jwt.decode(token, self.public_key, algorithms=["RS256"], audience=AUDIENCE, issuer=self.url, leeway=30)


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve an issuer inside the block."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "key", "alg": "RS256", "use": "sig"}
    jwk.pop("key_ops", None)
    revoked = {"sessions": [hashed(str(n)) for n in range(_REVOKED)], "users": {hashed("-"): 1}, "complete": True}
    documents: dict[str, Any] = {"/.well-known/jwks.json": {"keys": [jwk]}, "/.well-known/gatepost/revocations": revoked}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(documents[self.path]).encode())

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        environment = {
            "GATEPOST_ISSUER": url,
            "GATEPOST_AUDIENCE": AUDIENCE,
            "GATEPOST_ROUTES": "GET /status = public; GET /orders = orders:read; POST /orders = orders:write & mfa",
            "GATEPOST_REVOCATION_MAX_AGE": "900",
            "GATEPOST_JWKS": "",
        }
        with patch.dict("os.environ", environment):
            app = importlib.reload(importlib.import_module("functions.authorizer.app"))
        made = Issuer(
            url, key, key.public_key(), documents["/.well-known/jwks.json"], app.handler, app.authorizer.verifier.verify
        )
        if not made.handler(event(made.token()), None)["isAuthorized"]:  # and has fetched what it needs
            raise RuntimeError("the authorizer refused a good token")
        try:
            yield made
        finally:
            server.shutdown()


def event(token: str, path: str = "/orders") -> dict[str, Any]:
    """The event of a GET with `token`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"arn:aws:execute-api:eu-west-1:123456789012:abcdef123/$default/GET{path}",
        "identitySource": [f"Bearer {token}", "GET", path],
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {token}", "host": "api.example.com", "accept": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef123",
            "domainName": "api.example.com",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "a"},
            "requestId": "id",
            "routeKey": f"GET {path}",
            "stage": "$default",
            "timeEpoch": 1_800_000_000_000,
        },
    }
