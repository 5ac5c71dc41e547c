"""Text that people read in one line: names of users and devices, descriptions."""

import unicodedata

MAX_NAME = 100  # characters


def one_line(text: str) -> str:
    """Return `text` if it's one line of text. Raises `ValueError`, whose message doesn't repeat it."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise ValueError("must be one line without control characters")
    if text != text.strip():
        raise ValueError("must not begin or end with a blank")
    return text
