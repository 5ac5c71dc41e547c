"""The signed-in user."""

from functions.account.models import Profile, UpdateProfile
from gatepost.accounts import profile
from gatepost.web.app import router as new_router
from gatepost.web.dependencies import SignedInUser, TheCaller, TheService
from gatepost.web.problems import responses

router = new_router(prefix="/v1/me", tags=["the signed-in user"])


@router.get("", responses=responses(401, body=False))
async def read_profile(me: SignedInUser) -> Profile:
    """Read one's own profile."""
    return Profile.of(me.user)


@router.patch("", responses=responses(401))
async def update_profile(body: UpdateProfile, me: SignedInUser, service: TheService, caller: TheCaller) -> Profile:
    """Change one's own profile; members that are not given stay as they are."""
    if "name" not in body.model_fields_set:
        return Profile.of(me.user)
    return Profile.of(profile.rename(service, me.user, body.name, caller))
