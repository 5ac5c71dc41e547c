import json

from fastapi import APIRouter
from jwt.algorithms import RSAAlgorithm

from app import config
from app.models import Health
from app.observability import LoggerRouteHandler, tracer

router = APIRouter(tags=["public"], route_class=LoggerRouteHandler)


@router.get("/health", response_model=Health)
def health():
    return Health()


@router.get("/.well-known/jwks.json")
@tracer.capture_method
def jwks():
    key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(config.JWT_PUBLIC_KEY)
    return {"keys": [{**json.loads(RSAAlgorithm.to_jwk(key)), "kid": "auth", "use": "sig", "alg": "RS256"}]}


@router.get("/.well-known/openid-configuration")
@tracer.capture_method
def openid_configuration():
    return {
        "issuer": config.ISSUER,
        "jwks_uri": f"{config.ISSUER}/.well-known/jwks.json",
        "token_endpoint": f"{config.ISSUER}/v1/auth/login",
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
