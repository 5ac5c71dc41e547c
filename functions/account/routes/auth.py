"""Sign-up and sign-in."""

from functions.account.models import (
    Accepted,
    Authenticated,
    Login,
    Logout,
    Refresh,
    Register,
    Registered,
    ResendVerification,
    VerifyEmail,
)
from gatepost import refresh, sign_in
from gatepost.accounts import registration, verification
from gatepost.web.app import router as new_router
from gatepost.web.dependencies import TheCaller, TheService
from gatepost.web.problems import responses

router = new_router(prefix="/v1/auth", tags=["sign-up and sign-in"])


@router.post("/register", status_code=202, responses=responses(429))
async def register(body: Register, service: TheService, caller: TheCaller) -> Registered:
    """Begin a registration; the answer is the same whether or not the address has an account."""
    registration.register(service, body.email, body.password, body.name, caller)
    return Registered()


@router.post("/verify-email", responses=responses(400, 401, 429))
async def verify_email(body: VerifyEmail, service: TheService, caller: TheCaller) -> Authenticated:
    """Answer the mail of a registration with its token and the registration's password."""
    return Authenticated.of(verification.verify_email(service, body.token, body.password, caller, audience=body.audience))


@router.post("/resend-verification", status_code=202, responses=responses())
async def resend_verification(body: ResendVerification, service: TheService, caller: TheCaller) -> Accepted:
    """Mail the newest registration of an address again; the answer is the same whether or not there is one."""
    registration.resend_verification(service, body.email, caller)
    return Accepted()


@router.post("/login", responses=responses(400, 401, 429))
async def login(body: Login, service: TheService, caller: TheCaller) -> Authenticated:
    """Sign in with a password."""
    return Authenticated.of(
        sign_in.with_password(service, body.email, body.password, caller, device_name=body.device_name, audience=body.audience)
    )


@router.post("/refresh", responses=responses(400, 401))
async def refresh_session(body: Refresh, service: TheService, caller: TheCaller) -> Authenticated:
    """Exchange a refresh token for its successor and a new access token."""
    return Authenticated.of(refresh.refresh(service, body.refresh_token, caller, audience=body.audience))


@router.post("/logout", status_code=204, responses=responses())
async def logout(body: Logout, service: TheService, caller: TheCaller) -> None:
    """End the session of a refresh token; the answer is the same for an unknown one."""
    refresh.sign_out(service, body.refresh_token, caller)
