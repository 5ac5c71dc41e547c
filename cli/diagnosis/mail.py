"""Whether SES takes the deployment's mails, and tells what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight

# The part of a day's quota from which on it's said to be near its end.
_NEARLY = 0.8
_EVENTS = {"BOUNCE", "COMPLAINT"}


@dataclass(frozen=True)
class Sender:
    """The address mails are sent from, and what SES knows of it and of the domains that it's in, by their names."""

    address: str
    identities: Mapping[str, Mapping[str, Any]]


def _sender(sight: Sight) -> Sender:
    address = sight.needed("MAIL_FROM", "MailerFunction")
    labels = address.rpartition("@")[2].split(".")
    # A verified domain stands for its subdomains.
    names = [address, *(".".join(labels[start:]) for start in range(len(labels) - 1))]
    answers = {name: sight.call("sesv2", "get_email_identity", EmailIdentity=name) for name in names if name}
    return Sender(address, {name: answer for name, answer in answers.items() if answer})


def _is_verified(facts: Sender) -> Verdict:
    verified = [name for name, identity in facts.identities.items() if identity.get("VerifiedForSendingStatus")]
    if verified:
        return ok(f"SES sends from {facts.address}, by the identity {verified[0]}.")
    if facts.identities:
        return problem(f"SES knows {', '.join(facts.identities)}, but it isn't verified: no mail goes out.")
    return problem(f"SES knows neither {facts.address} nor its domain in this region: no mail goes out.")


def _is_signed(facts: Sender) -> Verdict:
    for name, identity in facts.identities.items():
        dkim = identity.get("DkimAttributes", {})
        if dkim.get("SigningEnabled") and dkim.get("Status") == "SUCCESS":
            return ok(f"Mails are signed by {name} (DKIM).")
    return warning(f"Mails from {facts.address} are not signed (DKIM): much of it ends as spam.")


Account = Mapping[str, Any]


def _account(sight: Sight) -> Account:
    return sight.call("sesv2", "get_account") or {}


def _is_out_of_sandbox(facts: Account) -> Verdict:
    if facts.get("ProductionAccessEnabled"):
        return ok("The account has left SES's sandbox.")
    return problem("The account is in SES's sandbox: only verified addresses get mail.")


def _sends(facts: Account) -> Verdict:
    health = facts.get("EnforcementStatus", "HEALTHY")
    if not facts.get("SendingEnabled") or health == "SHUTDOWN":
        return problem(f"SES sends nothing for this account ({health}).")
    if health != "HEALTHY":
        return warning(f"SES has the account on {health}: too many mails bounce, or are called spam.")
    return ok("SES sends, and the account is in good standing.")


def _has_room(facts: Account) -> Verdict:
    quota = facts.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    if most < 0:
        return ok(f"{sent:.0f} mails in 24 hours, of any number.")
    told = f"{sent:.0f} of {most:.0f} mails in 24 hours are sent."
    if sent >= most:
        return problem(told)
    return warning(told) if sent >= _NEARLY * most else ok(told)


@dataclass(frozen=True)
class ConfigurationSet:
    """The configuration set mails are sent with, as SES knows it, and where it tells of their fate."""

    name: str
    known: Mapping[str, Any] | None
    destinations: tuple[Mapping[str, Any], ...]


def _configuration_set(sight: Sight) -> ConfigurationSet:
    name = sight.needed("CONFIGURATION_SET", "MailerFunction")
    known = sight.call("sesv2", "get_configuration_set", ConfigurationSetName=name)
    destinations = sight.call("sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name) if known else None
    return ConfigurationSet(name, known, tuple((destinations or {}).get("EventDestinations", ())))


def _is_there(facts: ConfigurationSet) -> Verdict:
    if facts.known is None:
        return problem(f"SES has no configuration set {facts.name}: it takes no mail of this deployment.")
    if not facts.known.get("SendingOptions", {}).get("SendingEnabled", True):
        return problem(f"Sending is off in the configuration set {facts.name}.")
    return ok(f"Mails are sent with the configuration set {facts.name}.")


def _tells(facts: ConfigurationSet) -> Verdict:
    told: set[str] = set()
    for destination in facts.destinations:
        if destination.get("Enabled") and "EventBridgeDestination" in destination:
            told.update(destination.get("MatchingEventTypes", ()))
    if missing := sorted(_EVENTS - told):
        return problem(
            f"Nobody is told of each {' and '.join(missing)}: mail to dead addresses goes on, until SES stops it all."
        )
    return ok("SES tells EventBridge of bounces and complaints.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "mail.identity",
        "Does SES know the sender as a verified identity?",
        "Deploy with `CreateMailIdentity=true` and put the outputs `DkimRecord1` to `DkimRecord3` into the DNS of the domain "
        "of `MailFrom`, or: `aws sesv2 create-email-identity --email-identity DOMAIN`.",
        _sender,
        _is_verified,
    ),
    Check(
        "mail.dkim",
        "Are mails signed (DKIM)?",
        "Put the three CNAME records that `aws sesv2 get-email-identity --email-identity DOMAIN` shows into the DNS of the "
        "domain of `MailFrom`.",
        _sender,
        _is_signed,
    ),
    Check(
        "mail.sandbox",
        "Has the account left SES's sandbox?",
        "Ask AWS for it: `aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url "
        "URL`.",
        _account,
        _is_out_of_sandbox,
    ),
    Check(
        "mail.sending",
        "May the account send, and is it in good standing?",
        "Read what AWS wrote about it (SES's console, *Account dashboard*). If you paused it: `aws sesv2 "
        "put-account-sending-attributes --sending-enabled`.",
        _account,
        _sends,
    ),
    Check(
        "mail.quota",
        "Is the account's daily quota far from its end?",
        "Ask for a higher sending quota: `aws service-quotas request-service-quota-increase --service-code ses --quota-code "
        "L-804C8AE8 --desired-value N`. What is over it waits in the outbox.",
        _account,
        _has_room,
    ),
    Check(
        "mail.configuration-set",
        "Is the configuration set there, and does it send?",
        "Deploy again: `make deploy`. If sending is off: `aws sesv2 put-configuration-set-sending-options --sending-enabled "
        "--configuration-set-name NAME`.",
        _configuration_set,
        _is_there,
    ),
    Check(
        "mail.events",
        "Does SES tell of bounces and complaints?",
        "Deploy again, which puts the event destination back: `make deploy`. docs/mail.md says what follows from these events.",
        _configuration_set,
        _tells,
    ),
)
