"""Where a client may have its users sent: URIs that are compared as they are written (RFC 9700, section 4.1.3)."""

import re
from ipaddress import ip_address

MAX_LENGTH = 512

_LAST_PORT = 65_535
# What RFC 3986 has characters for, without a fragment: a browser would take that for its own.
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_WEB = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{{0,4}}))?(?:[/?].*)?"
)
# A domain of the app's maker the other way round, so with a dot, and no authority: one slash (RFC 8252, section 7.1).
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?!/).*")


def refusal(uri: str) -> str | None:
    """Return why `uri` can't be a redirect URI, or None if it can: https; http to this machine itself, for native apps; or a
    private-use scheme such as ``com.example.app:/callback``.
    """
    if "#" in uri:
        return "must have no fragment"
    if not _CHARACTERS.fullmatch(uri):
        return "must be a URI, with all other characters percent-encoded"
    if _PRIVATE_USE.fullmatch(uri):
        return None
    parts = _WEB.fullmatch(uri)
    if parts is None or int(parts["port"] or 1) > _LAST_PORT:
        return "must be https://host/path, in lower case and without a user, or com.example.app:/path"
    host = parts["host"].strip("[]")
    if parts["host"].startswith("[") and not _is_address(host):
        return "must name a host"
    if parts["scheme"] == "http" and not _is_loopback(host):
        return "must use https (http is for 127.0.0.1, [::1] and localhost alone)"
    return None


def is_private_use(uri: str) -> bool:
    """Return whether `uri`, which is a redirect URI, has a private-use scheme: any app on a device may claim it."""
    return _PRIVATE_USE.fullmatch(uri) is not None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
