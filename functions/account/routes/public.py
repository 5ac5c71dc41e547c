"""What anybody may read."""

import hashlib
import json
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse

from functions.account.models import Health, JwkSet, Ready, Revocations
from gatepost import clock, revocations
from gatepost.readiness import Readiness
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.problems import responses

router = new_router(tags=["public"])

# The share of HTTP caches in the time that every key is published before it signs; most of it is for verifiers.
_KEY_SET_MAX_AGE = 1800  # seconds
# A part of the time until a sign-out is known everywhere.
_REVOCATIONS_MAX_AGE = 5


@router.get("/.well-known/jwks.json", response_model=JwkSet, responses=responses(body=False))
async def key_set(call: Call) -> JSONResponse:
    """The keys that may verify an access token, as a JWK Set (RFC 7517), a new one as soon as it's made."""
    return JSONResponse(
        call.service.signer.newest_ring().jwks(),
        media_type="application/jwk-set+json",
        headers={"cache-control": f"public, max-age={_KEY_SET_MAX_AGE}"},
    )


@router.get(
    "/.well-known/gatepost/revocations",
    response_model=Revocations,
    responses=responses(422, body=False) | {304: {"description": "Nothing has changed since the ETag given."}},
)
async def revocation_list(call: Call, if_none_match: Annotated[str | None, Header(max_length=1024)] = None) -> Response:
    """Whose still-unexpired access tokens must no longer be taken; entries are kept for one token lifetime. And, where one was
    removed, by which signing keys none must be taken any more: for as long as anybody may still have such a key.
    """
    listed = asdict(revocations.read(call.service.db, call.service.settings.sessions_table))
    if removed := call.service.signer.ring().removed_lately(clock.now()):
        listed["keys"] = [revocations.hashed(key.kid) for key in removed]
    body = json.dumps(listed).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": f"public, max-age={_REVOCATIONS_MAX_AGE}", "etag": etag}
    if if_none_match and (
        if_none_match.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    ):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/health", responses={})
async def health() -> Health:
    """Whether the function runs; asks nothing else."""
    return Health()


async def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


@router.get("/health/ready", responses=responses(body=False))
async def ready(readiness: Annotated[Readiness, Depends(_readiness)]) -> Ready:
    """Whether the deployment can serve: its tables answer and have the items and indexes that this code reads, and there is a
    key that signs. An answer may be 10 seconds old. What is missing, only the log says.
    """
    readiness.demand()
    return Ready()
