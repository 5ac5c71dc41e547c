"""What a rule may refuse. One table in `gatepost.web.problems` says how each looks over HTTP."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

_logger = logging.getLogger(__name__)

INVALID_REQUEST = "The request is not what this call takes; `errors` says where."


class GatepostError(Exception):
    """The base of all refusals.

    `code` is the stable word that clients switch on; the exception's text is the `detail` they may show.
    Neither ever repeats input. `subject` is the name of what was refused, where several things were asked for at once.
    """

    code: ClassVar[str]
    default_detail: ClassVar[str]
    subject: str | None = None

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.default_detail)


class InvalidCredentials(GatepostError):
    """The address, the password or both are wrong; which, nobody learns."""

    code = "invalid_credentials"
    default_detail = "The e-mail address or the password is wrong."


class InvalidToken(GatepostError):
    """A one-time token is wrong, used or expired."""

    code = "invalid_token"
    default_detail = "This token is wrong, was used before or has expired. Ask for a new one."


class InvalidCode(GatepostError):
    """A code that was mailed is wrong, used or expired, or it was asked for in another browser."""

    code = "invalid_code"
    default_detail = "This code is wrong, was used before or has expired. Ask for a new one, where you want to use it."


class InvalidRefreshToken(GatepostError):
    """A refresh token is wrong, old or expired, or its session is over."""

    code = "invalid_refresh_token"
    default_detail = "This refresh token is no longer good. Sign in again."


class InvalidApiKey(GatepostError):
    """An API key is malformed, unknown, over or deleted, or its owner may not use it now; which of it, nobody learns."""

    code = "invalid_api_key"
    default_detail = "This API key is not good, or no longer."


class CsrfCheckFailed(GatepostError):
    """A call that brings a cookie and nothing that shows that a page of ours made it."""

    code = "csrf_check_failed"
    default_detail = "With the cookie, send the header `x-gatepost-csrf: 1`, from a page of an allowed origin."


class NotThroughEdge(GatepostError):
    """The call came round what stands in front of this API."""

    code = "not_through_edge"
    default_detail = "This address is not for clients. Call the API by the address of its issuer."


class PreflightRefused(GatepostError):
    """A browser asks beforehand for a method or a header that no call takes from another origin."""

    code = "preflight_refused"
    default_detail = "No call takes this method, or one of these headers, from a page of another origin."


class InvalidTarget(GatepostError):
    """The audience asked for is not one that this deployment issues tokens for (RFC 8707, section 2)."""

    code = "invalid_target"
    default_detail = "Tokens for this audience are not issued here."


class InvalidField(GatepostError):
    """What a member of the request gives is not acceptable, as only the rules can tell. `reason` says why."""

    code = "invalid_request"
    default_detail = INVALID_REQUEST

    def __init__(self, field: str, reason: str) -> None:
        super().__init__()
        self.field = field
        self.reason = reason


class PasswordRefused(InvalidField):
    """A new password is not acceptable for this user. `field` is the member that gave it."""


class UnknownRole(InvalidField):
    """A role would include one that doesn't exist."""

    def __init__(self) -> None:
        super().__init__("includes", "names a role that doesn't exist")


class InvalidCursor(GatepostError):
    """A cursor is not one that this list gave."""

    code = "invalid_cursor"
    default_detail = "This cursor is not one of this list: start again without one."


class NotFound(GatepostError):
    """There is no such thing, or it's somebody else's."""

    code = "not_found"
    default_detail = "There is no such thing."


class NotAuthenticated(GatepostError):
    """The access token of a call is missing, invalid, or its session or user is no longer active (RFC 6750, section 3.1)."""

    code = "invalid_access_token"
    default_detail = "A valid access token is needed: send it as `Authorization: Bearer <token>`, or sign in again."

    def __init__(self, *, anonymous: bool = False) -> None:
        """With `anonymous`, the call carried no token at all."""
        super().__init__()
        self.anonymous = anonymous


class NotPermitted(GatepostError):
    """The user may not do this: they lack its permission, or don't hold what it gives or touches."""

    code = "not_permitted"
    default_detail = "You lack the permission that this call needs."


class Conflict(GatepostError):
    """What is there doesn't let this be done: it changed meanwhile, or, as each kind in
    `gatepost.conflicts` says, something stands against it.
    """

    code = "conflict"
    default_detail = "Another call has changed this meanwhile. Nothing was changed; look again, then repeat it."


class MalformedRequest(GatepostError):
    """The request can't be read at all: not JSON, not UTF-8, a broken event."""

    code = "malformed_request"
    default_detail = "The request can't be read."


class UnsupportedMediaType(GatepostError):
    """The body is not sent as JSON."""

    code = "unsupported_media_type"
    default_detail = "Send the body as JSON, with `content-type: application/json`."


class BodyTooLarge(GatepostError):
    """The body is larger than any that this API takes."""

    code = "body_too_large"
    default_detail = "The body is too large."


class RateLimited(GatepostError):
    """Too many of something; `retry_after` is in seconds."""

    code = "too_many_requests"
    default_detail = "Too many attempts. Wait as long as `retry-after` says, then try again."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Unavailable(GatepostError):
    """Something this service needs did not answer. Nothing is half done, and it's safe to try again after `retry_after`
    seconds; a failure after a commit is never told so (`logged_if_unavailable`).
    """

    code = "temporarily_unavailable"
    default_detail = "The service can't answer right now. Nothing was changed; try again."
    retry_after = 1


class NotReady(Unavailable):
    """The deployment lacks something that it can't serve without. What, its log says."""

    code = "not_ready"
    default_detail = "The service isn't ready. Its log says why, under this `request_id`."
    retry_after = 10


@contextmanager
def of_subject(name: str) -> Iterator[None]:
    """Note that what the block refuses is the thing of this name, unless a block inside of it knows better."""
    try:
        yield
    except GatepostError as refusal:
        refusal.subject = refusal.subject or name
        raise


@contextmanager
def logged_if_unavailable(consequence: str) -> Iterator[None]:
    """Log it and go on if the block fails: for what follows a commit, whose answer must not be that nothing was done."""
    try:
        yield
    except Unavailable:
        _logger.warning(consequence, exc_info=True)


class ConfigurationError(RuntimeError):
    """The environment of a function is not what it needs; stops it at cold start."""
