"""base64url and JSON with exactly one reading: what two parsers could take differently is refused (RFC 8725 section 2.6)."""

import binascii
import json
from math import isinf
from typing import Any, NoReturn

# The alphabet of base64url to that of base64; what is only in base64's, and padding, to something that is in neither.
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/???")
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
# By length modulo 4, what the last character can be without unused bits that are set.
_LAST = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    b"",
    b"AQgw",
    b"AEIMQUYcgkosw048",
)
_BLANKS = " \t\n\r"


def encode_base64url(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URLSAFE).rstrip(b"=").decode("ascii")


def decode_base64url(text: bytes) -> bytes:
    """Decode canonical base64url without padding (RFC 7515 section 2).

    Raises ValueError for anything but the one spelling of its bytes: padding, blanks, `+` and `/`, unused bits set.
    """
    rest = len(text) % 4
    if text and text[-1] not in _LAST[rest]:
        raise ValueError("not canonical base64url")
    try:
        return binascii.a2b_base64(text.translate(_TO_STANDARD) + b"=="[: -rest % 4], strict_mode=True)
    except binascii.Error:
        raise ValueError("not canonical base64url") from None


def parse_json_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object (RFC 8259, and I-JSON's rules of RFC 7493: UTF-8, unique members, no lone surrogates).

    Raises ValueError for anything else, also for a BOM, NaN, Infinity, numbers beyond a float's range, trailing bytes, and
    integers or nesting beyond the interpreter's limits. Its message doesn't repeat the input. Bound the length before.
    """
    try:
        text = data.decode("utf-8").strip(_BLANKS)
        value, end = _DECODER.raw_decode(text)
        if "\\u" in text:  # only an escape can make a lone surrogate
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except UnicodeEncodeError:
        raise ValueError("a lone surrogate in a string") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
    if end != len(text):
        raise ValueError("something follows the JSON value")
    if type(value) is not dict:
        raise ValueError("not a JSON object")
    return value


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(members)
    if len(unique) != len(members):
        raise ValueError("an object has two members of one name")
    return unique


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_float=_finite, parse_constant=_refuse_constant)
