"""J-13: no kind of token is taken where another belongs, and none is used up by the try (RFC 8725, section 3.11)."""

from collections.abc import Callable

from local.events import Response
from tests.integration.accounts import User, mailed_code, use_code
from tests.integration.api_keys import new_api_key, present
from tests.support import PASSWORD, Api, new_email, problem

Door = Callable[[str], Response]


def _tokens(api: Api) -> dict[str, str]:
    """Return one good token of each kind. Those for addresses are of people of their own, since a reset ends a change."""
    email, pending, new = new_email(), new_email(), new_email()
    signed_in, mover = api.sign_up(email), api.sign_up()
    api.register(pending)
    api.post("/password/forgot", {"email": email})
    reset = api.mailed_token(email)
    change = {"new_email": new, "password": PASSWORD}
    assert api.call("POST", "/v1/me/email", change, token=mover["access_token"]).status == 202
    _, link = mailed_code(api, email)
    owner = User(api, email, PASSWORD, signed_in)
    return {
        "API key": new_api_key(owner).text,
        "email code": link,
        "access": signed_in["access_token"],
        "refresh": signed_in["refresh_token"],
        "verification": api.mailed_token(pending),
        "email change": api.mailed_token(new),
        "reset": reset,
    }


def _doors(api: Api) -> dict[str, Door]:
    """Return where a token of each kind belongs; the two kinds that answer a mail have one door."""
    return {
        "access": api.me,
        "refresh": api.refresh,
        "API key": lambda token: present(api, token),
        "verification": lambda token: api.post("/verify-email", {"token": token, "password": PASSWORD}),
        "email change": lambda token: api.post("/verify-email", {"token": token, "password": PASSWORD}),
        "email code": lambda token: use_code(api, None, token),
        "reset": lambda token: api.post("/password/reset", {"token": token, "new_password": "quite another password"}),
    }


REFUSALS = {
    "access": (401, "invalid_access_token"),
    "refresh": (401, "invalid_refresh_token"),
    "API key": (401, "invalid_api_key"),
    "verification": (400, "invalid_token"),
    "email code": (422, "invalid_request"),
    "reset": (400, "invalid_token"),
}
SUCCESSES = {
    "API key": 200,
    "access": 200,
    "refresh": 200,
    "verification": 200,
    "email change": 204,
    "email code": 200,
    "reset": 204,
}


def test_j13_no_kind_of_token_is_taken_for_another_and_each_is_good_afterwards(api: Api) -> None:
    tokens, doors = _tokens(api), _doors(api)
    for place, refusal in REFUSALS.items():
        for kind, token in tokens.items():
            if kind != place and (place, kind) != ("verification", "email change"):
                answer = problem(doors[place](token))
                # An access token is longer than any opaque one.
                assert answer == refusal or (kind == "access" and answer == (422, "invalid_request")), (place, kind)
    for kind, token in tokens.items():
        if kind != "refresh":
            assert api.post("/logout", {"refresh_token": token}).status in (204, 422)

    assert {kind: doors[kind](token).status for kind, token in tokens.items()} == SUCCESSES


def test_j13_a_token_with_the_first_byte_of_another_kind_is_refused(api: Api) -> None:
    """The kind is not the only thing that tells them apart."""
    tokens, doors = _tokens(api), _doors(api)
    opaque = {kind: token for kind, token in tokens.items() if kind not in ("access", "API key")}
    for kind, token in opaque.items():
        for other, template in opaque.items():
            if kind != other:
                # The kind stands in the first byte, of which the first two characters hold all.
                disguised = template[:2] + token[2:]
                answer = doors[other](disguised)
                assert answer.status in (400, 401), (kind, other)
    assert {kind: doors[kind](token).status for kind, token in tokens.items()} == SUCCESSES
