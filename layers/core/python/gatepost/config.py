"""The environment of each function, read once at cold start. Nothing else reads `os.environ`.

A variable that is missing, empty or malformed stops the function with a message that names it. No secret has a default,
and none is kept in the environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gatepost.accounts import email_addresses
from gatepost.errors import ConfigurationError

_LAST_PORT = 65_535
# A line of text that can stand in a mail's header.
_ONE_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029]+$"

SigningKeySpec = Literal["RSA_2048", "RSA_3072", "ECC_NIST_P256", "ED25519"]


# A host name or an address as it stands in an origin, in lower case, and a port (RFC 6454; RFC 3986, section 3.2).
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)


def _origin(value: str) -> str:
    """Return `value` if it's an origin: https, or http on this machine; no path, no trailing slash."""
    parts = _ORIGIN.fullmatch(value)
    if parts is None or int(parts["port"] or 1) > _LAST_PORT:
        raise ValueError("must be an origin such as https://auth.example.com, in lower case and without a trailing slash")
    if parts["scheme"] != "https" and not _is_loopback(parts["host"].strip("[]")):
        raise ValueError("must use https (http is for localhost alone)")
    return value


# What may follow an origin, of letters that need no escape (RFC 3986, section 2.3).
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def _service_url(value: str) -> str:
    """Return `value` if it's an origin and a path without a trailing slash: no user, query or fragment."""
    scheme, _, rest = value.partition("://")
    host, slash, path = rest.partition("/")
    _origin(f"{scheme}://{host}")
    if not _PATH.fullmatch(slash + path):
        raise ValueError("must be an address such as https://api.example.com/range, without a trailing slash or a query")
    return value


def _address(value: str) -> str:
    return email_addresses.parse(value).address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _comma_separated(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _domain(value: str) -> str:
    return email_addresses.parse(f"postmaster@{value}").domain


@dataclass(frozen=True)
class Trace:
    """The X-Ray trace that this invocation is part of: its id, that of the function's own segment, and host and port of the
    daemon that takes more of it.
    """

    id: str
    parent_id: str
    daemon: tuple[str, int]


_TRACE = re.compile(r"Root=(?P<root>[0-9a-f-]+);Parent=(?P<parent>[0-9a-f]+);Sampled=1(?:;|$)")
# An address, so that no name is looked up.
_DAEMON = re.compile(r"(?:.*\budp:)?(?P<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3}):(?P<port>[0-9]{1,5})(?![0-9])")


def sampled_trace() -> Trace | None:
    """Return the trace of this invocation, None if it's not one of those that X-Ray samples. Lambda says it anew for each.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    trace = _TRACE.match(os.environ.get("_X_AMZN_TRACE_ID", ""))
    daemon = _DAEMON.match(os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "")) if trace else None
    if trace is None or daemon is None or int(daemon["port"]) > _LAST_PORT:
        return None
    return Trace(trace["root"], trace["parent"], (daemon["host"], int(daemon["port"])))


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Domain = Annotated[str, AfterValidator(_domain)]
Origin = Annotated[str, AfterValidator(_origin)]
PositiveInt = Annotated[int, Field(gt=0)]


class Settings(BaseModel):
    """Base of every function's settings: field `users_table` is the variable `GATEPOST_USERS_TABLE`."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: f"GATEPOST_{name.upper()}")

    deployment: str = Field(default="gatepost", description="the name of this deployment, by which its metrics are told apart.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ` (the process's environment by default).

        Raises:
            ConfigurationError: naming every variable that is missing or malformed, and what it is for.
        """
        source = os.environ if environ is None else environ
        known = {str(field.alias): field.description for field in cls.model_fields.values()}
        try:
            return cls.model_validate({name: source[name] for name in known if source.get(name)})
        except ValidationError as exc:
            lines = []
            for error in exc.errors(include_url=False, include_input=False):
                if not error["loc"]:
                    lines.append(f"{error['msg'].removeprefix('Value error, ')}.")
                    continue
                name = str(error["loc"][0])
                problem = "is missing" if error["type"] == "missing" else f"is malformed: {error['msg']}"
                lines.append(f"{name} {problem}. It is {known[name]}")
            raise ConfigurationError("This function can't start. " + " ".join(lines)) from None


class ServiceSettings(Settings):
    """What the rules work with, whichever function they run in."""

    issuer: Origin = Field(description="the public origin of this API, `iss` of every token and base of every link.")
    audience: str = Field(description="what your APIs check in `aud`.", pattern=r"^[!-~]+$", max_length=255)
    allowed_audiences: Annotated[tuple[str, ...], BeforeValidator(_comma_separated)] = Field(
        default=(), description="further audiences that a sign-in may ask for, comma separated."
    )
    service_name: str = Field(description="the name that users know the service by.", max_length=60, pattern=_ONE_LINE)
    allowed_origins: Annotated[tuple[Origin, ...], BeforeValidator(_comma_separated)] = Field(
        default=(), description="the origins of browser apps, comma separated."
    )
    users_table: str = Field(description="the name of the Users table.")
    roles_table: str = Field(description="the name of the Roles table.")
    clients_table: str = Field(description="the name of the Clients table.")
    sessions_table: str = Field(description="the name of the Sessions table.")
    outbox_table: str = Field(description="the name of the Outbox table.")
    audit_table: str = Field(description="the name of the Audit table.")
    keys_table: str = Field(description="the name of the Keys table.")
    kms_key_id: str = Field(description="the KMS key that wraps signing keys and waiting mails.")
    audit_retention_days: PositiveInt = Field(default=400, description="how many days a security event is kept.")
    breached_passwords_url: Annotated[str, AfterValidator(_service_url)] = Field(
        default="",
        description="where new passwords are looked up among breached ones: the range API of Pwned Passwords, or one like it.",
    )
    blocked_email_domains: Annotated[tuple[Domain, ...], BeforeValidator(_comma_separated)] = Field(
        default=(), description="domains whose e-mail addresses no new account may have, comma separated, subdomains included."
    )
    max_sessions: Annotated[int, Field(ge=0)] = Field(default=0, description="living sessions of one user; 0 = any number.")
    edge: Literal["none", "cloudfront"] = Field(default="none", description="what stands in front of the HTTP API.")
    edge_secret_sha256: Annotated[tuple[Digest, ...], BeforeValidator(_comma_separated), Field(max_length=2)] = Field(
        default=(),
        description="the SHA-256, in hexadecimal, of the value of the header x-gatepost-edge that CloudFront adds; "
        "two, comma separated, while it's being replaced.",
    )
    session_idle_days: PositiveInt = Field(default=30, description="how many days a session lives without being used.")
    session_lifetime_days: PositiveInt = Field(default=90, description="how many days a session lives at the most.")
    sessions_not_before: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="seconds since the epoch; sessions and API keys from before are over: a restored table revives none.",
    )
    limit_account_failures: PositiveInt = Field(default=10, description="failed sign-ins of one account in 15 minutes.")
    limit_address_failures: PositiveInt = Field(
        default=50, description="failed sign-ins from one client address in 15 minutes."
    )
    limit_address_registrations: PositiveInt = Field(
        default=60, description="registrations from one client address in an hour."
    )
    limit_recipient_mails: PositiveInt = Field(default=5, description="mails of one kind to one recipient in an hour.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.audience == self.issuer:
            raise ValueError("GATEPOST_AUDIENCE must not be the issuer: tokens for the issuer alone are administrators'")
        if self.edge == "cloudfront" and not self.edge_secret_sha256:
            raise ValueError("GATEPOST_EDGE=cloudfront needs GATEPOST_EDGE_SECRET_SHA256")
        return self


class AccountSettings(ServiceSettings):
    """What the account function reads."""


class AdminSettings(ServiceSettings):
    """What the admin function reads."""

    keys_function: str = Field(description="the name of the keys function, which alone makes signing keys.")


class SetupSettings(ServiceSettings):
    """What the setup function reads."""


class MailerSettings(Settings):
    """What the mailer function reads."""

    service_name: str = Field(description="the name that users know the service by.", max_length=60, pattern=_ONE_LINE)
    mail_from: Annotated[str, AfterValidator(_address)] = Field(description="the sender's address.")
    mail_locale: str = Field(
        default="en", description="the language of mails, a folder of templates.", pattern=r"^[a-z]{2}(-[a-z]{2})?$"
    )
    brand_color: str = Field(default="#18181b", description="the colour of mails.", pattern=r"^#[0-9a-fA-F]{6}$")
    configuration_set: str = Field(description="the SES configuration set that mails are sent with.")
    outbox_table: str = Field(description="the name of the Outbox table.")
    sessions_table: str = Field(description="the name of the Sessions table, which knows where mail has stopped.")
    kms_key_id: str = Field(description="the KMS key that wraps the secret part of waiting mails.")


class FeedbackSettings(Settings):
    """What the feedback function reads."""

    users_table: str = Field(description="the name of the Users table.")
    sessions_table: str = Field(description="the name of the Sessions table.")
    audit_table: str = Field(description="the name of the Audit table.")
    audit_retention_days: PositiveInt = Field(default=400, description="how many days a security event is kept.")


class EventsSettings(Settings):
    """What the events function reads."""

    issuer: Origin = Field(description="the public origin of this API, by which those who listen tell deployments apart.")
    event_bus: str = Field(description="the name of the event bus.")
    audit_table: str = Field(description="the name of the Audit table.")


class KeysSettings(Settings):
    """What the keys function reads."""

    keys_table: str = Field(description="the name of the Keys table.")
    audit_table: str = Field(description="the name of the Audit table.")
    audit_retention_days: PositiveInt = Field(default=400, description="how many days a security event is kept.")
    kms_key_id: str = Field(description="the KMS key that wraps signing keys.")
    signing_key_spec: SigningKeySpec = Field(default="RSA_2048", description="the kind of new signing keys, in KMS's words.")
