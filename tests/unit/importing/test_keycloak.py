"""Keycloak: realms with users, and files of users alone."""

import json
from typing import Any

import pytest

from gatepost.credentials import legacy_hashes
from tests.exports import PASSWORDS, read, read_sample, refusals, users

SALT, VALUE = "YXNhbHRvZnNpeHRlZW5iLg==", "Y" * 85 + "Q=="
USER = {"id": "f1", "username": "ann", "email": "ann@example.com", "emailVerified": True, "enabled": True}
ARGON2 = {"hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}


def document(*members: object) -> bytes:
    """Return a file of these users."""
    return json.dumps({"realm": "acme", "users": members}).encode()


def password(secret: object = None, **data: Any) -> dict[str, object]:
    """Return a credential, PBKDF2-SHA512 if nothing else is said."""
    data = {"hashIterations": 210_000, "algorithm": "pbkdf2-sha512", "additionalParameters": {}} | data
    return {
        "type": "password",
        "secretData": json.dumps(secret if secret is not None else {"value": VALUE, "salt": SALT, "additionalParameters": {}}),
        "credentialData": json.dumps(data),
    }


def test_users_of_the_sample_have_their_passwords() -> None:
    found = users(read_sample("keycloak", "keycloak/acme-realm.json"))
    for address, theirs in PASSWORDS["keycloak"].items():
        assert legacy_hashes.verify(theirs, found[address].password_hash or "")


def test_what_else_the_sample_says_of_its_users() -> None:
    entries = read_sample("keycloak", "keycloak/acme-realm.json")
    found = users(entries)
    ada = found["ada@example.org"]
    assert (ada.name, ada.email_verified, ada.status, ada.roles) == ("Ada Lovelace", True, "active", ("order-clerk",))
    assert len(ada.source_id or "") == 36
    assert 1_600_000_000 < (ada.created_at or 0) < 1_760_000_000
    assert found["rosalind@example.org"].name == "Rosalind"
    assert found["mallory@example.org"].status == "disabled"
    assert not found["eve@example.org"].email_verified
    assert [reason.split(": ", 1)[1] for reason in refusals(entries).values()] == [
        "has a password by PBKDF2 with SHA-1, which isn't taken over: import the user without `credentials`",
        "is the service account of a client, not a person",
        "has no e-mail address, which is what users sign in by",
    ]


def test_a_file_of_users_alone_says_the_same() -> None:
    alone, realm = (users(read_sample("keycloak", f"keycloak/{name}.json")) for name in ("acme-users-0", "acme-realm"))
    assert len(alone) == 2
    for address, user in alone.items():
        assert vars(user) == vars(realm[address]) | {"line": 1}


def test_a_password_that_has_to_be_changed_is_none() -> None:
    """An administrator knows it, who set it for a first sign-in there."""
    assert users(read_sample("keycloak", "keycloak/acme-realm.json"))["newcomer@example.org"].password_hash is None


def test_roles_of_keycloak_itself_are_left_out() -> None:
    roles = ["default-roles-acme", "offline_access", "uma_authorization", "user", "order-clerk", "user"]
    (user,) = users(read("keycloak", document(USER | {"realmRoles": roles}))).values()
    assert user.roles == ("user", "order-clerk")


@pytest.mark.parametrize("version", ["1.0", "1.3"])
@pytest.mark.parametrize("kind", ["i", "d", "id"])
def test_argon2_may_be_of_any_kind_and_version(kind: str, version: str) -> None:
    secret = {"value": "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc=", "salt": "c29tZXNhbHQ="}
    parameters = ARGON2 | {"type": [kind], "version": [version]}
    credential = password(secret, hashIterations=2, algorithm="argon2", additionalParameters=parameters)
    (user,) = users(read("keycloak", document(USER | {"credentials": [credential]}))).values()
    stored = {"1.0": 16, "1.3": 19}[version]
    assert (user.password_hash or "").startswith(f"$argon2{kind}$v={stored}$m=7168,t=2,p=1$c29tZXNhbHQ$")


def argon2(**parameters: object) -> dict[str, object]:
    """Return a credential of Argon2 whose parameters differ so."""
    return password(hashIterations=2, algorithm="argon2", additionalParameters=ARGON2 | parameters)


@pytest.mark.parametrize(
    "credential",
    [
        password(algorithm="bcrypt"),
        password(algorithm=None),
        password(algorithm=["pbkdf2-sha512"]),
        password(hashIterations=2_500_001),
        password(hashIterations=-1),
        password(hashIterations="210000"),
        password({"value": VALUE}),
        password({"value": "UkVEQUNURUQ=", "salt": SALT}),
        password({"value": VALUE[:-3] + "*==", "salt": SALT}),
        password({"value": 17, "salt": SALT}),
        password([]),
        argon2(memory=["4000000000"]),
        argon2(memory=[7168]),
        argon2(type=["x"]),
        argon2(version=["1.4"]),
        argon2(parallelism=None),
        argon2(version="1.3"),
        {"type": "password", "value": "correct horse battery staple"},
        {"type": "password", "secretData": "{", "credentialData": "{}"},
        {"type": "password", "secretData": {"value": VALUE}, "credentialData": "{}"},
    ],
    ids=str,
)
def test_a_password_that_cannot_be_taken_is_refused_and_not_repeated(credential: dict[str, object]) -> None:
    entries = read("keycloak", document(USER | {"credentials": [credential]}, USER | {"email": "bo@example.com"}))
    assert list(users(entries)) == ["bo@example.com"]
    assert not any(secret in refusals(entries)[1] for secret in (VALUE[:20], SALT, "correct horse", "REDACTED"))


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "ann"},
        {"emailVerified": "true"},
        {"enabled": 1},
        {"firstName": ["Ann"]},
        {"firstName": "x" * 60, "lastName": "y" * 60},
        {"createdTimestamp": "yesterday"},
        {"realmRoles": "admin"},
        {"realmRoles": [{"name": "admin"}]},
        {"realmRoles": ["order clerk"]},
        {"credentials": "none"},
        {"credentials": [password(), password()]},
        {"serviceAccountClientId": "reports"},
    ],
    ids=str,
)
def test_a_user_who_cannot_be_taken_is_refused_and_the_rest_goes_on(changes: dict[str, object]) -> None:
    entries = read("keycloak", document(USER | changes, USER | {"email": "bo@example.com"}))
    assert list(users(entries)) == ["bo@example.com"]
    assert refusals(entries)
