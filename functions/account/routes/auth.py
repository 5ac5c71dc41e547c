"""Sign-up and sign-in."""

from dataclasses import asdict

from fastapi import Response

from functions.account import answers
from functions.account.api_keys import ApiKeyToken, ExchangeApiKey
from functions.account.bodies import (
    AcceptInvitation,
    ForgotPassword,
    Login,
    Logout,
    Refresh,
    Register,
    ResendVerification,
    ResetPassword,
    StartEmailCode,
    VerifyEmail,
    VerifyEmailCode,
)
from functions.account.models import Accepted, Authenticated, AuthenticatedByCookie, Registered
from gatepost import email_codes, refresh, sign_in, sign_in_by_email
from gatepost.accounts import email_change, invitations, recovery, registration, verification
from gatepost.api_keys.exchange import exchange
from gatepost.identifiers import TokenKind, kind_of
from gatepost.web import browser_binding, refresh_cookie
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.problems import responses
from gatepost.web.refresh_cookie import TAKES_COOKIE, sets_cookie

SETS_COOKIE = sets_cookie(200, "with `refresh_transport: cookie`")

router = new_router(prefix="/v1/auth", tags=["sign-up and sign-in"])


@router.post("/register", status_code=202, responses=responses(429))
async def register(body: Register, call: Call) -> Registered:
    """Begin a registration; the answer is the same whether or not the address has an account."""
    registration.register(call.service, body.email, body.password, body.name, call.caller)
    return Registered()


@router.post(
    "/verify-email",
    response_model=Authenticated,
    responses=responses(400, 401, 429) | {204: {"description": "The address of an account was changed."}},
)
async def verify_email(body: VerifyEmail, call: Call) -> Authenticated | Response:
    """Answer the mail of a registration, or of a change of address, with its token and the account's password."""
    if kind_of(body.token) is TokenKind.EMAIL_CHANGE:
        email_change.complete_email_change(call.service, body.token, body.password, call.caller)
        return Response(status_code=204)
    return Authenticated.of(
        verification.verify_email(call.service, body.token, body.password, call.caller, audience=body.audience)
    )


@router.post("/accept-invitation", responses=responses(409) | SETS_COOKIE)
async def accept_invitation(body: AcceptInvitation, response: Response, call: Call) -> Authenticated | AuthenticatedByCookie:
    """Answer the mail of an invitation with its token and a password: that makes the account, and signs in."""
    signed_in = invitations.accept(call.service, body.token, body.password, body.name, call.caller, audience=body.audience)
    return answers.authenticated(signed_in, body.refresh_transport, response)


@router.post("/resend-verification", status_code=202, responses=responses())
async def resend_verification(body: ResendVerification, call: Call) -> Accepted:
    """Mail the newest registration of an address again; the answer is the same whether or not there is one."""
    registration.resend_verification(call.service, body.email, call.caller)
    return Accepted()


@router.post("/login", responses=responses(400, 401, 429) | SETS_COOKIE)
async def login(body: Login, response: Response, call: Call) -> Authenticated | AuthenticatedByCookie:
    """Sign in with a password."""
    signed_in = sign_in.with_password(
        call.service, body.email, body.password, call.caller, device_name=body.device_name, audience=body.audience
    )
    return answers.authenticated(signed_in, body.refresh_transport, response)


@router.post("/email-code/start", status_code=202, responses=responses())
async def start_email_code(body: StartEmailCode, call: Call, response: Response) -> Accepted:
    """Mail six digits and a link to sign in with; the answer is the same whether or not the address has an account.

    A browser app that sends `x-gatepost-csrf: 1` gets a cookie, and the code is good in that browser alone.
    """
    browser = browser_binding.begin(call, response, email_codes.LIFETIME)
    email_codes.start(call.service, body.email, call.caller, browser=browser)
    return Accepted()


@router.post("/email-code/verify", responses=responses(400, 401, 429) | SETS_COOKIE)
async def verify_email_code(body: VerifyEmailCode, call: Call, response: Response) -> Authenticated | AuthenticatedByCookie:
    """Sign in with the six digits that were mailed, or with the token of the link."""
    browser = browser_binding.of(call)
    if body.email is None or body.is_link:
        signed_in = sign_in_by_email.with_link(
            call.service, body.code, call.caller, browser=browser, device_name=body.device_name, audience=body.audience
        )
    else:
        signed_in = sign_in_by_email.with_digits(
            call.service,
            body.email,
            body.code,
            call.caller,
            browser=browser,
            device_name=body.device_name,
            audience=body.audience,
        )
    browser_binding.end(call, response)
    return answers.authenticated(signed_in, body.refresh_transport, response)


@router.post("/password/forgot", status_code=202, responses=responses())
async def forgot_password(body: ForgotPassword, call: Call) -> Accepted:
    """Mail a link that sets a new password; the answer is the same whether or not the address has an account."""
    recovery.forgot_password(call.service, body.email, call.caller)
    return Accepted()


@router.post("/password/reset", status_code=204, responses=responses())
async def reset_password(body: ResetPassword, call: Call) -> None:
    """Set a new password with a mailed token; all sessions end."""
    recovery.reset_password(call.service, body.token, body.new_password, call.caller)


@router.post("/api-key", responses=responses(401, 429))
async def exchange_api_key(body: ExchangeApiKey, call: Call) -> ApiKeyToken:
    """Exchange an API key for an access token: with what the key permits and its owner may right now, both."""
    return ApiKeyToken(**asdict(exchange(call.service, body.api_key, call.caller, audience=body.audience)))


@router.post(
    "/refresh",
    responses=responses(400, 401, 403) | sets_cookie(200, "where the token came by cookie"),
    openapi_extra=TAKES_COOKIE,
)
async def refresh_session(call: Call, response: Response, body: Refresh | None = None) -> Authenticated | AuthenticatedByCookie:
    """Exchange a refresh token for its successor and a new access token; the successor goes back the way the token came."""
    body = body or Refresh()
    presented = refresh_cookie.presented(call, call.service.settings, body.refresh_token)
    signed_in = refresh.refresh(call.service, presented.token, call.caller, audience=body.audience)
    return answers.authenticated(signed_in, presented.transport, response)


@router.post(
    "/logout",
    status_code=204,
    responses=responses(403) | sets_cookie(204, "where the token came by cookie, to have it forgotten"),
    openapi_extra=TAKES_COOKIE,
)
async def logout(call: Call, response: Response, body: Logout | None = None) -> None:
    """End the session of a refresh token; the answer is the same for an unknown one."""
    presented = refresh_cookie.presented(call, call.service.settings, body.refresh_token if body else None)
    refresh.sign_out(call.service, presented.token, call.caller)
    if presented.transport == "cookie":
        refresh_cookie.forget(response)
