"""The authorizer's environment: it starts with a complete one, or says what is wrong with which variable."""

import json
import time
from pathlib import Path

import pytest

from gatepost_verifier import Verifier
from gatepost_verifier.settings import Settings, SettingsError
from tests.unit.verifier import forge

JWKS = json.dumps({"keys": [forge.jwk("RS256")]})
ENVIRONMENT = {"GATEPOST_ISSUER": "https://auth.example.com", "GATEPOST_AUDIENCE": "https://api.example.com"}


def _settings(**changes: str | None) -> Settings:
    return Settings.from_environment({name: value for name, value in {**ENVIRONMENT, **changes}.items() if value is not None})


def test_issuer_and_audience_are_enough() -> None:
    settings = _settings()
    assert (settings.issuer, settings.audience) == tuple(ENVIRONMENT.values())
    assert (settings.rules, settings.default, settings.v2_response) == ((), "deny", "simple")


def test_everything_set() -> None:
    settings = _settings(
        GATEPOST_ROUTES="GET /a = x:y; GET /b = public",
        GATEPOST_DEFAULT="authenticated",
        GATEPOST_V2_RESPONSE="iam",
        GATEPOST_JWKS=JWKS,
    )
    assert [str(rule) for rule in settings.rules] == ["GET /a", "GET /b"]
    assert (settings.default, settings.v2_response) == ("authenticated", "iam")
    assert settings.keys("rsa") is not None
    assert settings.keys("another") is None


def test_it_reads_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().issuer == ENVIRONMENT["GATEPOST_ISSUER"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GATEPOST_ISSUER", None, "GATEPOST_ISSUER must be set"),
        ("GATEPOST_ISSUER", "", "GATEPOST_ISSUER must be set"),
        ("GATEPOST_ISSUER", " https://auth.example.com", "GATEPOST_ISSUER must be set, without blanks around it"),
        ("GATEPOST_AUDIENCE", None, "GATEPOST_AUDIENCE must be set"),
        ("GATEPOST_AUDIENCE", "", "GATEPOST_AUDIENCE must be set"),
        ("GATEPOST_AUDIENCE", "x\n", "GATEPOST_AUDIENCE must be set, without blanks around it"),
        ("GATEPOST_DEFAULT", "allow", "GATEPOST_DEFAULT must be deny or authenticated, not 'allow'"),
        ("GATEPOST_V2_RESPONSE", "IAM", "GATEPOST_V2_RESPONSE must be simple or iam, not 'IAM'"),
        ("GATEPOST_V2_RESPONSE", "policy", "GATEPOST_V2_RESPONSE must be"),
        ("GATEPOST_DEFAULT", "public", "GATEPOST_DEFAULT must be"),
        ("GATEPOST_DEFAULT", "Deny", "GATEPOST_DEFAULT must be"),
        ("GATEPOST_ROUTES", "GET /a = x:y\nGET /b", "GATEPOST_ROUTES, line 2, column 7: expected ="),
        ("GATEPOST_ROUTES", "@no-such-file.txt", "GATEPOST_ROUTES, no-such-file.txt: the file can't be read"),
        ("GATEPOST_ROUTES", "@", "GATEPOST_ROUTES, : the file can't be read"),
        ("GATEPOST_ROUTES", "@a\0b", "the file can't be read"),
        ("GATEPOST_JWKS", "{", "GATEPOST_JWKS: "),
        ("GATEPOST_JWKS", '{"keys": []}', "GATEPOST_JWKS: a key set needs"),
        ("GATEPOST_JWKS", "https://auth.example.com/jwks", "GATEPOST_JWKS: "),
        *(
            ("GATEPOST_REVOCATION_MAX_AGE", value, f"must be off, or seconds from 1 to 900, not {value!r}")
            for value in ("0", "901", "-1", "1.5", "60s", " 60", "OFF", "none", "9" * 5000, "\u0663", "\u00b2")
        ),
    ],
)
def test_j14_it_refuses_to_start_and_names_the_variable(name: str, value: str | None, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        _settings(**{name: value})
    assert message in str(error.value)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://auth.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "https://",
        "https:auth.example.com",
        "https://auth.example.com/",
        "https://auth.example.com?x",
        "https://auth.example.com#x",
        "https://user@auth.example.com",
        "https://auth.exa\tmple.com",
        "https://[::1",
        "file:///etc/passwd",
        'data:application/json,{"keys":[]}',
        "ftp://auth.example.com",
        "auth.example.com",
    ],
)
def test_j07_keys_are_fetched_from_https_or_loopback_alone(issuer: str) -> None:
    with pytest.raises(SettingsError, match="GATEPOST_ISSUER"):
        _settings(GATEPOST_ISSUER=issuer)
    # With the keys given, it's only compared.
    assert _settings(GATEPOST_ISSUER=issuer, GATEPOST_JWKS=JWKS).issuer == issuer


@pytest.mark.parametrize(
    ("jwks", "max_age", "asked"),
    [
        (None, None, 60),
        (None, "", 60),
        (None, "off", None),
        (None, "10", 10),
        (None, "900", 900),
        (JWKS, None, None),
        (JWKS, "", None),
        (JWKS, "off", None),
        (JWKS, "1", 1),
    ],
)
def test_a_revocation_list_is_asked_for_where_something_is_fetched_anyway_or_it_is_told_to(
    jwks: str | None, max_age: str | None, asked: int | None
) -> None:
    revocations = _settings(GATEPOST_JWKS=jwks, GATEPOST_REVOCATION_MAX_AGE=max_age).revocations
    assert (revocations.max_age if revocations else None) == asked


def test_j07_the_list_too_is_fetched_from_https_or_loopback_alone() -> None:
    with pytest.raises(SettingsError, match="GATEPOST_ISSUER: must be an https URL"):
        _settings(GATEPOST_ISSUER="http://auth.example.com", GATEPOST_JWKS=JWKS, GATEPOST_REVOCATION_MAX_AGE="60")


def test_a_verifier_needs_the_environment_alone() -> None:
    verifier = Verifier.from_environment({**ENVIRONMENT, "GATEPOST_JWKS": JWKS})
    assert verifier.verify(_token_of_now()).sub == "usr_1"
    with pytest.raises(SettingsError, match="GATEPOST_AUDIENCE"):
        Verifier.from_environment({"GATEPOST_ISSUER": "https://auth.example.com"})


def _token_of_now() -> str:
    now = int(time.time())
    return forge.token(forge.claims(iat=now, nbf=now, exp=now + 900))


@pytest.mark.parametrize(
    "issuer", ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "https://auth.example.com/tenant"]
)
def test_issuers_that_are_fetched_from(issuer: str) -> None:
    assert _settings(GATEPOST_ISSUER=issuer).issuer == issuer


def test_rules_can_stand_in_a_file_of_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "routes.txt").write_text("GET /a = x:y\n", "utf-8")
    settings = _settings(GATEPOST_ROUTES="@routes.txt", LAMBDA_TASK_ROOT=str(tmp_path))
    assert [str(rule) for rule in settings.rules] == ["GET /a"]


def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "routes.txt").write_text("# ours\nGET /a = x\n", "utf-8")
    with pytest.raises(SettingsError, match=r"GATEPOST_ROUTES, routes\.txt, line 2, column 10: expected"):
        _settings(GATEPOST_ROUTES="@routes.txt", LAMBDA_TASK_ROOT=str(tmp_path))
