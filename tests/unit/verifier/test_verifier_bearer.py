"""A-06: one reading of the Authorization field, for the API and the authorizer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost_verifier import BearerInvalid, BearerMissing, VerificationError, bearer_token

B64TOKEN = st.from_regex(r"[A-Za-z0-9._~+/-]+=*", fullmatch=True)


@given(scheme=st.sampled_from(["Bearer", "bearer", "BEARER", "bEaReR"]), blanks=st.integers(1, 3), token=B64TOKEN)
def test_a06_one_token_of_any_case_of_the_scheme(scheme: str, blanks: int, token: str) -> None:
    assert bearer_token(scheme + " " * blanks + token) == token


@pytest.mark.parametrize(
    "authorization", [None, "", " ", "Basic dTpw", "DPoP abc", "abc", "Bearerabc", "Bearer:abc", "Token Bearer abc"]
)
def test_a06_no_bearer_credentials(authorization: str | None) -> None:
    with pytest.raises(BearerMissing):
        bearer_token(authorization)


@pytest.mark.parametrize(
    "authorization",
    [
        "bearer",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer a, Bearer b",
        "Bearer a,Bearer b",
        "Bearer a,b",
        "Bearer a,",
        "Bearer ,a",
        "Bearer a b",
        "Bearer a ",
        "Bearer a\n",
        "Bearer a\r\nX: y",
        "Bearer \ta",
        "Bearer a\0",
        "Bearer \u00e9",
        "Bearer \uff41",
        "Bearer \ud800",
        'Bearer "a"',
        "Bearer =a",
        "Bearer =",
        "Bearer a=b",
        "Bearer token=a",
        "Bearer " + "a" * 8193,
        "Bearer " + "a" * 65_536,
        "Bearer" + " " * 65_536,
    ],
)
def test_a06_not_one_bearer_token(authorization: str) -> None:
    """F6: Mangum joins two field values by a comma."""
    with pytest.raises(BearerInvalid):
        bearer_token(authorization)


@pytest.mark.parametrize(
    "authorization", ["\tBearer a", " Bearer a", "Bearer\ta", "Bearer\u00a0a", "Be\u00e4rer a", "Bearer\0 a"]
)
def test_a06_another_scheme_by_a_hair(authorization: str) -> None:
    with pytest.raises(VerificationError):
        bearer_token(authorization)


def test_a06_the_longest_token() -> None:
    assert bearer_token("Bearer " + "a" * 8192) == "a" * 8192


@given(authorization=st.text() | st.text(max_size=20).map("Bearer ".__add__))
def test_a06_any_text_is_one_token_or_refused(authorization: str) -> None:
    try:
        token = bearer_token(authorization)
    except VerificationError:
        return
    scheme, *blanks, value = authorization.split(" ")
    assert (scheme.lower(), any(blanks), value) == ("bearer", False, token)
