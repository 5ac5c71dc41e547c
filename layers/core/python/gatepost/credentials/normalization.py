"""The one spelling of a password that is hashed."""

import unicodedata


def normalized(password: str) -> str:
    """NFC, so that a password typed on another keyboard system is the same; blanks and NUL stay significant."""
    return unicodedata.normalize("NFC", password)
