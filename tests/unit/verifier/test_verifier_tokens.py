"""Good tokens are taken whole, and time decides to the second."""

import os
import subprocess
import sys
from typing import Any

import pytest

from gatepost_verifier import (
    AccessToken,
    ClaimInvalid,
    TokenExpired,
    TokenNotYetValid,
    VerificationError,
    Verifier,
    parse_key_set,
    verify_access_token,
)
from tests.unit.verifier import forge
from tests.unit.verifier.forge import AUDIENCE, CLAIMS, ISSUER, NOW


@pytest.mark.parametrize("alg", forge.KIDS)
def test_a_good_token_gives_its_claims(alg: str) -> None:
    good = forge.token(head=forge.header(alg), sign=forge.signer(alg))

    assert forge.verifier().verify(good) == AccessToken(
        iss=ISSUER,
        sub="usr_1",
        aud=(ISSUER, AUDIENCE),
        client_id="gatepost",
        iat=NOW,
        nbf=NOW,
        exp=NOW + 900,
        jti="tok_1",
        sid="ses_1",
        scope=("orders", "profile"),
        roles=("user",),
        permissions=("orders:read",),
        auth_time=NOW - 60,
        amr=("pwd", "otp", "mfa"),
        acr="2",
        ver=3,
        claims=CLAIMS,
    )


def test_optional_claims_may_be_absent() -> None:
    required = {name: CLAIMS[name] for name in ("iss", "sub", "aud", "client_id", "iat", "exp", "jti")}

    verified = forge.verifier().verify(forge.token(required))

    assert (verified.nbf, verified.sid, verified.auth_time, verified.acr, verified.ver) == (None,) * 5
    assert (verified.scope, verified.roles, verified.permissions, verified.amr) == ((),) * 4


def test_claims_we_do_not_know_are_kept() -> None:
    verified = forge.verifier().verify(forge.token(forge.claims(tenant={"id": 1.5, "name": "Zoë \U0001f511"})))

    assert verified.claims["tenant"] == {"id": 1.5, "name": "Zoë \U0001f511"}


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_typ_is_a_media_type(typ: str) -> None:
    """RFC 9068 section 4, RFC 7515 section 4.1.9."""
    assert forge.verifier().verify(forge.token(head=forge.header(typ=typ))).sub == "usr_1"


@pytest.mark.parametrize(
    "typ", [None, "", "JWT", "jwt", "at-jwt", "id+jwt", "dpop+jwt", "text/at+jwt", "at+jwt ", ["at+jwt"], 1]
)
def test_j13_other_kinds_of_jwt_are_refused(typ: Any) -> None:
    with pytest.raises(VerificationError) as refusal:
        forge.verifier().verify(forge.token(head=forge.header(typ=typ)))
    assert refusal.value.code == "token_type_invalid"


class TestR27LeewayToTheSecond:
    """R-27: 30 s of leeway mean 30 s, on both sides, and no token lives beyond exp + leeway."""

    @pytest.mark.parametrize("late", [-900, 0, 29, 29.999])
    def test_r27_taken_until_exp_and_leeway(self, late: float) -> None:
        assert forge.verifier(CLAIMS["exp"] + late).verify(forge.token())

    @pytest.mark.parametrize("late", [30, 31, 300, 10**9])
    def test_r27_expired_from_exp_and_leeway_on(self, late: float) -> None:
        with pytest.raises(TokenExpired):
            forge.verifier(CLAIMS["exp"] + late).verify(forge.token())

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    @pytest.mark.parametrize("early", [0, 29, 30])
    def test_r27_taken_from_leeway_before(self, claim: str, early: int) -> None:
        assert forge.verifier().verify(forge.token(forge.claims(**{claim: NOW + early})))

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    @pytest.mark.parametrize("early", [31, 300])
    def test_r27_too_early_beyond_leeway(self, claim: str, early: int) -> None:
        with pytest.raises(TokenNotYetValid):
            forge.verifier().verify(forge.token(forge.claims(**{claim: NOW + early})))

    def test_r27_without_leeway(self) -> None:
        assert forge.verifier(NOW + 899.9, leeway=0).verify(forge.token())
        with pytest.raises(TokenExpired):
            forge.verifier(NOW + 900, leeway=0).verify(forge.token())

    @pytest.mark.parametrize("exp", [NOW, NOW - 1])
    def test_r27_a_token_without_a_lifetime(self, exp: int) -> None:
        with pytest.raises(ClaimInvalid):
            forge.verifier().verify(forge.token(forge.claims(exp=exp)))


@pytest.mark.parametrize("settings", [{"issuer": ""}, {"audience": ""}, {"issuer": None}, {"audience": None}, {"leeway": -1}])
def test_j14_nothing_starts_without_issuer_and_audience(settings: dict[str, Any]) -> None:
    keys = parse_key_set({"keys": [forge.jwk("RS256")]})
    whole: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, "keys": keys.get, **settings}
    with pytest.raises(ValueError, match=r"must be configured|negative"):
        Verifier(**whole)
    with pytest.raises(ValueError, match=r"must be configured|negative"):
        verify_access_token(forge.token(), now=NOW, **whole)


def test_importing_needs_nothing_but_pyjwt_and_opens_nothing() -> None:
    """DESIGN "The house": the authorizer has no framework and no AWS SDK, and importing does no I/O."""
    program = (
        "import sys\n"
        "events = []\n"
        "sys.addaudithook(lambda name, _: events.append(name))\n"
        "import gatepost_verifier\n"
        "assert not [name for name in events if name.startswith(('socket.', 'subprocess.'))], events\n"
        "assert not {'boto3', 'botocore', 'fastapi', 'pydantic'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
