"""E-mail addresses: one parser and one canonical form, used everywhere."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from gatepost.identifiers import digest


@dataclass(frozen=True)
class EmailAddress:
    """An address that was checked.

    `address` is where mail goes: the local part as it was given, the domain in its ASCII form (RFC 5891). `canonical`
    has the local part in lower case too; two spellings are one account exactly when it's equal. A plus tag makes
    another address.
    """

    address: str
    canonical: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical form, what keys and limits are made of."""
        return digest(self.canonical.encode("ascii"))

    @property
    def domain(self) -> str:
        """The domain, ASCII and in lower case."""
        return self.canonical.rpartition("@")[2]


def parse(text: str) -> EmailAddress:
    """Return the address that `text` is.

    The local part must be ASCII (RFC 5321), since not every mail system delivers to others; and it may not hold `=?`,
    which starts an encoded word (RFC 2047) for those that decode what they shouldn't.

    Raises:
        ValueError: if it's not exactly one address with a domain; the text says why and doesn't repeat it.
    """
    if len(text) > 254:
        raise ValueError("is longer than an e-mail address can be")
    if "=?" in text:
        raise ValueError("must not hold `=?`")
    try:
        parts = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True)
    except EmailNotValidError as exc:
        raise ValueError("is not an e-mail address that mail can be sent to") from exc
    if parts.ascii_local_part is None or parts.ascii_domain is None:
        raise ValueError("must be ASCII before the @")
    local, domain = parts.ascii_local_part, parts.ascii_domain.lower()
    return EmailAddress(address=f"{local}@{domain}", canonical=f"{local.lower()}@{domain}")
