"""Settings: every variable that is missing, empty or malformed is named, and no secret has a default (R-35, J-14)."""

import pytest

from gatepost.config import (
    AccountSettings,
    AdminSettings,
    EventsSettings,
    FeedbackSettings,
    KeysSettings,
    MailerSettings,
    Settings,
)
from gatepost.errors import ConfigurationError
from tests.unit.environments import ACCOUNT, ADMIN, EVENTS, FEEDBACK, KEYS, MAILER

ALL: list[tuple[type[Settings], dict[str, str]]] = [
    (AccountSettings, ACCOUNT),
    (AdminSettings, ADMIN),
    (MailerSettings, MAILER),
    (FeedbackSettings, FEEDBACK),
    (EventsSettings, EVENTS),
    (KeysSettings, KEYS),
]
REQUIRED = [(settings, environ, name) for settings, environ in ALL for name in environ]
# Where 0 means something it is the default.
NUMBERS = [
    str(field.alias) for field in AccountSettings.model_fields.values() if isinstance(field.default, int) and field.default
]


def refusal(settings: type[Settings], environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        settings.from_environment(environ)
    return str(error.value)


@pytest.mark.parametrize(("settings", "environ"), ALL)
def test_what_is_needed_is_enough(settings: type[Settings], environ: dict[str, str]) -> None:
    assert settings.from_environment(environ)
    assert settings.from_environment(environ | {"GATEPOST_UNHEARD_OF": "x", "PATH": "/bin"})


@pytest.mark.parametrize(("settings", "environ"), ALL)
def test_r35_nothing_that_names_a_resource_or_an_identity_has_a_default(
    settings: type[Settings], environ: dict[str, str]
) -> None:
    required = {str(field.alias) for field in settings.model_fields.values() if field.is_required()}
    assert set(environ) <= required


@pytest.mark.parametrize(("settings", "environ", "name"), REQUIRED)
def test_r35_a_missing_variable_is_named(settings: type[Settings], environ: dict[str, str], name: str) -> None:
    message = refusal(settings, {other: value for other, value in environ.items() if other != name})
    assert f"{name} is missing. It is " in message
    assert message.count(" is missing") == 1


@pytest.mark.parametrize(("settings", "environ", "name"), REQUIRED)
def test_r35_an_empty_variable_is_a_missing_one(settings: type[Settings], environ: dict[str, str], name: str) -> None:
    assert f"{name} is missing. It is " in refusal(settings, environ | {name: ""})


@pytest.mark.parametrize(("settings", "environ"), ALL)
def test_r35_all_that_are_missing_are_named_at_once(settings: type[Settings], environ: dict[str, str]) -> None:
    message = refusal(settings, {})
    assert [name for name in environ if f"{name} is missing" not in message] == []


@pytest.mark.parametrize("audience", ["", " ", "https://api.example.com ", "two audiences", "\u00e4", "a\nb", "a" * 256])
def test_j14_the_service_refuses_to_start_without_an_audience(audience: str) -> None:
    assert "GATEPOST_AUDIENCE is " in refusal(AccountSettings, ACCOUNT | {"GATEPOST_AUDIENCE": audience})


@pytest.mark.parametrize(
    "issuer",
    [
        "auth.example.com",
        "https://auth.example.com/",
        "https://auth.example.com/path",
        "https://auth.example.com?x=1",
        "https://auth.example.com#x",
        "https://auth.example.com/#",
        "https://Auth.example.com",
        "HTTPS://auth.example.com",
        "http://auth.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "ftp://auth.example.com",
        "javascript://auth.example.com",
        "https://",
        "https://:443",
        "https:auth.example.com",
        "//auth.example.com",
        "https://user@auth.example.com",
        "https://user:password@auth.example.com",
        "https://auth.example.com:0",
        "https://auth.example.com:65536",
        "https://auth.example.com:https",
        "https://auth.example.com:",
        "https://auth.example.com:443:443",
        "https://auth.example.com, https://other.example.com",
        "https://auth.example.com,other.example.com",
        "https://auth example.com",
        "https://auth.example.com\n",
        "https://auth.example.com\r\nx: y",
        " https://auth.example.com",
        "https://auth.example.com ",
        "https://auth.ex\u00e4mple.com",
        "https://auth.example.com\\evil",
        "https://auth%2eexample.com",
        "https://[::1",
        "https://<script>.example.com",
        "https://*.example.com",
    ],
)
def test_r35_an_issuer_that_is_no_origin_is_named(issuer: str) -> None:
    """Everything hangs on it: `iss`, links, discovery; and what it says is compared letter by letter."""
    assert "GATEPOST_ISSUER is malformed: " in refusal(AccountSettings, ACCOUNT | {"GATEPOST_ISSUER": issuer})


@pytest.mark.parametrize(
    "issuer",
    [
        "https://auth.example.com",
        "https://auth.example.com:8443",
        "https://xn--bcher-kva.example",
        "https://192.0.2.1",
        "http://localhost:3000",
        "http://localhost",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ],
)
def test_an_origin_is_an_issuer(issuer: str) -> None:
    assert AccountSettings.from_environment(ACCOUNT | {"GATEPOST_ISSUER": issuer}).issuer == issuer


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "1e3", "0x10", "NaN", "inf", "true", "10 ;", "\u0000"])
def test_r35_a_number_that_is_none_or_not_positive_is_named(name: str, value: str) -> None:
    """A limit of zero would lock everybody out, and a negative one means nothing."""
    assert f"{name} is malformed: " in refusal(AccountSettings, ACCOUNT | {name: value})


@pytest.mark.parametrize("name", NUMBERS)
def test_an_empty_number_is_the_default(name: str) -> None:
    assert AccountSettings.from_environment(ACCOUNT | {name: ""}) == AccountSettings.from_environment(ACCOUNT)


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = AccountSettings.from_environment(ACCOUNT)
    assert (settings.limit_account_failures, settings.limit_address_failures) == (10, 50)
    assert (settings.limit_address_registrations, settings.limit_recipient_mails) == (60, 5)
    assert (settings.session_idle_days, settings.session_lifetime_days) == (30, 90)
    assert (settings.allowed_origins, settings.allowed_audiences) == ((), ())
    assert KeysSettings.from_environment(KEYS).signing_key_spec == "RSA_2048"


@pytest.mark.parametrize(
    "origins",
    ["*", "https://app.example.com/", "https://app.example.com,*", "null", "https://*.example.com", "http://app.example.com"],
)
def test_r35_an_allowed_origin_that_is_none_is_named(origins: str) -> None:
    message = refusal(AccountSettings, ACCOUNT | {"GATEPOST_ALLOWED_ORIGINS": origins})
    assert "GATEPOST_ALLOWED_ORIGINS is malformed: " in message


def test_lists_are_comma_separated() -> None:
    lists = {
        "GATEPOST_ALLOWED_ORIGINS": "https://app.example.com, https://other.example.com:8443,",
        "GATEPOST_ALLOWED_AUDIENCES": "https://reports.example.com ,urn:other",
    }
    settings = AccountSettings.from_environment(ACCOUNT | lists)
    assert settings.allowed_origins == ("https://app.example.com", "https://other.example.com:8443")
    assert settings.allowed_audiences == ("https://reports.example.com", "urn:other")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "api.example.com/range",
            "http://api.example.com/range",
            "ftp://api.example.com/range",
            "https://",
            "range",
            "/range",
        ),
        *(
            "https://api.example.com/",
            "https://api.example.com/range/",
            "https://api.example.com//range",
            "https:api.example.com",
        ),
        *(
            "https://api.example.com/range?x=1",
            "https://api.example.com?x",
            "https://api.example.com/range#x",
            "https:///range",
        ),
        *("https://user:password@api.example.com/range", "https://api.example.com/r nge", "https://api.example.com/range\n"),
        *(
            "https://api.example.com/%2e",
            "https://api.example.com:0/range",
            "https://API.example.com/range",
            "https://a/\u00e4",
        ),
        *("http://localhost.example.com/range", "http://10.0.0.1/range", "https://api.example.com/range\r\nx: y"),
    ],
)
def test_r35_a_service_for_breached_passwords_that_cannot_be_one_is_named(url: str) -> None:
    """Over plain HTTP anybody on the way would know what was asked, and could answer."""
    message = refusal(AccountSettings, ACCOUNT | {"GATEPOST_BREACHED_PASSWORDS_URL": url})
    assert "GATEPOST_BREACHED_PASSWORDS_URL is malformed: " in message


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://api.pwnedpasswords.com/range", "https://api.example.com", "https://api.example.com:8443/v1/range_x~y.z"),
        *("http://localhost:8080/range", "http://127.0.0.1:8080/range", "http://[::1]:8080", "https://[2001:db8::1]/range"),
    ],
)
def test_a_service_for_breached_passwords_can_be_named(url: str) -> None:
    settings = AccountSettings.from_environment(ACCOUNT | {"GATEPOST_BREACHED_PASSWORDS_URL": url})
    assert settings.breached_passwords_url == url


@pytest.mark.parametrize("spec", ["RSA_1024", "rsa_2048", "HMAC_256", "none", "RS256", "RSA_2048 "])
def test_r35_a_signing_key_of_an_unknown_kind_is_named(spec: str) -> None:
    assert "GATEPOST_SIGNING_KEY_SPEC is malformed: " in refusal(KeysSettings, KEYS | {"GATEPOST_SIGNING_KEY_SPEC": spec})


@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "ECC_NIST_P256", "ED25519"])
def test_every_kind_of_signing_key_can_be_asked_for(spec: str) -> None:
    assert KeysSettings.from_environment(KEYS | {"GATEPOST_SIGNING_KEY_SPEC": spec}).signing_key_spec == spec


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply",
        "@example.com",
        "no-reply@",
        "a@b@example.com",
        "No Reply <no-reply@example.com>",
        "no-reply@example.com\nBcc: x@example.com",
        "a@example.com,b@example.com",
        "no,reply@example.com",
        "no-reply@example.com;",
        "=?utf-8?q?x?=@example.com",
    ],
)
def test_r35_a_sender_that_is_no_address_is_named(sender: str) -> None:
    """At the start, and not at the first mail, which nobody would get."""
    assert "GATEPOST_MAIL_FROM is malformed: " in refusal(MailerSettings, MAILER | {"GATEPOST_MAIL_FROM": sender})


@pytest.mark.parametrize("name", ["Gate\npost", "Gatepost\r\nBcc: evil@example.net", "Gate\0post", "x" * 61])
@pytest.mark.parametrize(("settings", "environ"), ALL[:2])
def test_r35_a_service_name_that_no_mail_could_carry_is_named(
    settings: type[Settings], environ: dict[str, str], name: str
) -> None:
    assert "GATEPOST_SERVICE_NAME is malformed: " in refusal(settings, environ | {"GATEPOST_SERVICE_NAME": name})


@pytest.mark.parametrize("name", ["GATEPOST_ISSUER", "GATEPOST_AUDIENCE", "GATEPOST_ALLOWED_ORIGINS", "GATEPOST_KMS_KEY_ID"])
def test_no_message_repeats_a_value(name: str) -> None:
    """Somebody may have pasted a secret into the wrong place, and messages are logged."""
    secret = "do not log me: pa$$word"
    environ = {other: value for other, value in ACCOUNT.items() if other != "GATEPOST_USERS_TABLE"} | {name: secret}
    assert "pa$$word" not in refusal(AccountSettings, environ)


def test_settings_are_not_changed_once_read() -> None:
    settings = AccountSettings.from_environment(ACCOUNT)
    with pytest.raises(ValueError, match="frozen"):
        settings.issuer = "https://evil.example"  # type: ignore[misc]


def test_blocked_domains_are_kept_in_their_canonical_form() -> None:
    settings = AccountSettings.from_environment(ACCOUNT | {"GATEPOST_BLOCKED_EMAIL_DOMAINS": "Mailinator.COM, bücher.example"})
    assert settings.blocked_email_domains == ("mailinator.com", "xn--bcher-kva.example")


@pytest.mark.parametrize("domains", ["not a domain", "@example.com", "*.example.com", "example", "a@b.example"])
def test_a_blocked_domain_that_is_none_stops_the_function(domains: str) -> None:
    message = refusal(AccountSettings, ACCOUNT | {"GATEPOST_BLOCKED_EMAIL_DOMAINS": domains})
    assert "GATEPOST_BLOCKED_EMAIL_DOMAINS is malformed: " in message
