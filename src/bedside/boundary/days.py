"""Days that a text names: read in every way in which it may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

__all__ = ["days_in", "days_of"]

_ABBREVIATED = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTHS = {_ABBREVIATED[3 * month : 3 * month + 3]: month + 1 for month in range(12)}
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_SEP = r"[\s.,/\-–_:]{0,3}(?:of\s+|the\s+)?"
_DAY = r"(\d{1,2})(?!\d)(?:st|nd|rd|th)?"
_YEAR = r"'?(\d{4}|\d{2})(?!\d)"
_FORMS = (
    (re.compile(r"(?<!\d)(\d{4})[\s./\-–_]{1,3}(\d{1,2})[\s./\-–_]{1,3}(\d{1,2})(?!\d)"), "ymd"),
    (re.compile(rf"(?<!\d)(\d{{1,2}})[\s./\-–_]{{1,3}}(\d{{1,2}})[\s./\-–_]{{1,3}}{_YEAR}"), "dmy mdy"),
    (re.compile(rf"(?<!\d){_DAY}{_SEP}{_MONTH}{_SEP}{_YEAR}"), "dmy"),
    (re.compile(rf"{_MONTH}{_SEP}{_DAY}{_SEP}{_YEAR}"), "mdy"),
    (re.compile(rf"(?<!\d)(\d{{4}}){_SEP}{_MONTH}{_SEP}{_DAY}(?!\d)"), "ymd"),
    (re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)"), "ymd"),
    (re.compile(r"(?<!\d)([0-3]\d)([0-3]\d)((?:19|20)\d\d)(?!\d)"), "dmy mdy"),
)


def days_in(text: str) -> set[date]:
    """Every day that a lower-case text may name. "03/04/2024" is two: nobody knows which comes first."""
    return {day for pattern, orders in _FORMS for match in pattern.finditer(text) for day in _days(match, orders)}


def days_of(value: str) -> set[date]:
    """Every day that a date as written may mean; none of a date without its year."""
    return days_in(value.casefold())


def _days(match: re.Match[str], orders: str) -> Iterator[date]:
    for order in orders.split():
        parts = dict(zip(order, match.groups(), strict=True))
        month = _MONTHS.get(parts["m"][:3]) or int(parts["m"])
        year = int(parts["y"])
        # Two digits: nobody's birth or visit lies ahead, and both centuries are possible.
        for full in (year,) if len(parts["y"]) == 4 else (1900 + year, 2000 + year):
            try:
                yield date(full, month, int(parts["d"]))
            except ValueError:
                continue
