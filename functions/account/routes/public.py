"""What anybody may read."""

from fastapi.responses import JSONResponse

from functions.account.models import Health, JwkSet
from gatepost.web.app import router as new_router
from gatepost.web.dependencies import TheService
from gatepost.web.problems import responses

router = new_router(tags=["public"])

# Verifiers may keep the key set this long: a quarter of the time that every key is published before it signs.
_KEY_SET_MAX_AGE = 1800  # seconds


@router.get("/.well-known/jwks.json", response_model=JwkSet, responses=responses(body=False))
async def key_set(service: TheService) -> JSONResponse:
    """The keys that may verify an access token, as a JWK Set (RFC 7517)."""
    return JSONResponse(
        service.signer.ring().jwks(),
        media_type="application/jwk-set+json",
        headers={"cache-control": f"public, max-age={_KEY_SET_MAX_AGE}"},
    )


@router.get("/health", responses={})
async def health() -> Health:
    """Whether the function runs; asks nothing else."""
    return Health()
