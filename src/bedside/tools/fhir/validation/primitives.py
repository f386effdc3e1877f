"""The formats of FHIR's primitive types (R4 datatypes); a date must be one of the calendar."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

__all__ = ["FORMATS", "MOST_CHARACTERS", "decoded", "is_absolute"]

_DATE = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_OFFSET = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"

_is_date = re.compile(_DATE).fullmatch
_is_datetime = re.compile(f"{_DATE}|{_DAY}T{_CLOCK}{_OFFSET}").fullmatch
_is_instant = re.compile(f"{_DAY}T{_CLOCK}{_OFFSET}").fullmatch
_is_time = re.compile(_CLOCK).fullmatch
_is_code = re.compile(r"\S+(\s\S+)*").fullmatch
_is_id = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
_is_oid = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+").fullmatch
_is_uuid = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_has_space = re.compile(r"\s").search
_has_control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]").search
_is_absolute = re.compile(
    r"https?://[^/\s]+(/\S*)?|[Uu][Rr][Nn]:[A-Za-z0-9][A-Za-z0-9\-]{0,31}:\S+|[a-z][a-z0-9+.\-]*://\S+"
).fullmatch
MOST_CHARACTERS = 1024 * 1024
"""The maximum length of a string (R4, datatypes.html: "SHALL NOT exceed 1MB")."""


def _string(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS and not _has_control(value)


def _xhtml(value: object) -> bool:
    return isinstance(value, str) and value != "" and not _has_control(value)


def is_absolute(value: str) -> bool:
    """True if a URI is absolute: it does not depend on where it appears."""
    return _uri(value) and _is_absolute(value) is not None


def _uri(value: object) -> bool:
    if not isinstance(value, str) or not value or _has_space(value):
        return False
    if value.startswith("urn:uuid:"):
        return _is_uuid(value) is not None
    if value.startswith(("oid:", "uuid:")):
        # These are no schemes: an OID or a UUID is a URI with urn: before it.
        return False
    return not value.startswith("urn:oid:") or _is_oid(value) is not None


def _on_calendar(value: str) -> bool:
    if len(value) < 10:
        return value[:4] != "0000"
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _dated(pattern: Callable[[str], object]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern(value) is not None and _on_calendar(value)


def _matching(pattern: Callable[[str], object]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern(value) is not None


def _integer(least: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31


def _base64(value: object) -> bool:
    return isinstance(value, str) and decoded(value) is not None


def decoded(value: str) -> bytes | None:
    """Return the bytes of a base64Binary, which may have white space in it; `None` where it is invalid."""
    text = "".join(value.split())
    try:
        # The decoder ignores a superfluous equals sign.
        return base64.b64decode(text, validate=True) if text and len(text) % 4 == 0 else None
    except (binascii.Error, ValueError):
        return None


def _canonical(value: object) -> bool:
    # R4, datatypes.html: a canonical URL is absolute, or the id of a contained resource.
    return isinstance(value, str) and (_uri(value) if value[:1] == "#" else is_absolute(value))


FORMATS: Mapping[str, Callable[[object], bool]] = {
    "base64Binary": _base64,
    "boolean": lambda value: isinstance(value, bool),
    "canonical": _canonical,
    "code": _matching(_is_code),
    "date": _dated(_is_date),
    "dateTime": _dated(_is_datetime),
    "decimal": lambda value: isinstance(value, int | float | Decimal) and not isinstance(value, bool),
    "id": _matching(_is_id),
    "instant": _dated(_is_instant),
    "integer": _integer(-(2**31)),
    "markdown": _string,
    "oid": _matching(_is_oid),
    "positiveInt": _integer(1),
    "string": _string,
    "time": _matching(_is_time),
    "unsignedInt": _integer(0),
    "uri": _uri,
    "url": _uri,
    "uuid": _matching(_is_uuid),
    "xhtml": _xhtml,
}
"""The predicate for valid JSON values of each primitive type."""
