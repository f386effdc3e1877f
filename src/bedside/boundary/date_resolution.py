"""Days named in a text, in every possible reading."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Iterator
from datetime import date

__all__ = ["days_in", "days_of", "resolve", "rewrite"]

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


def days_in(text: str, orders: Collection[str] = ("dmy", "mdy", "ymd")) -> set[date]:
    """Return every day that a lower-case text may name. "03/04/2024" is two: the order is not known.

    Args:
        orders: The orders of day, month and year in which numbers are read.
    """
    return {
        day
        for pattern, possible in _FORMS
        for match in pattern.finditer(text)
        for order in possible.split()
        if order in orders or len(possible) == 3
        for day in _days(match, order)
    }


def days_of(value: str) -> set[date]:
    """Return every day that a date as written may mean; none for a date without its year."""
    return days_in(value.casefold())


def resolve(values: Iterable[str], today: date) -> dict[str, date]:
    """Return the day of each date of one record, where there is no doubt.

    Numbers are read in the order that all of the record's dates allow: "14/03/2024" says how "03/04/2024" is meant.
    A year of two digits counts where only one century makes a day that is not ahead and not 120 years past.
    """
    read = {
        order: {value: _plausible(days_in(value.casefold(), (order, "ymd")), today) for value in values}
        for order in ("dmy", "mdy")
    }
    possible = [order for order, days in read.items() if all(days[value] or not days_of(value) for value in days)]
    resolved = {}
    for value in read["dmy"]:
        days = {day for order in possible for day in read[order][value]}
        if len(days) == 1:
            resolved[value] = days.pop()
    return resolved


def rewrite(value: str, day: date, moved: date) -> str | None:
    """Return a date as written, with another day in it; `None` where it does not name `day`."""
    for pattern, orders in _FORMS:
        for match in pattern.finditer(value.lower()):
            for order in orders.split() if len(value.lower()) == len(value) else ():
                if day in _days(match, order):
                    return _with(value, match, order, moved)
    return None


def _with(value: str, match: re.Match[str], order: str, moved: date) -> str:
    parts = sorted((match.span(group), name) for group, name in enumerate(order, 1))
    pieces: list[str] = []
    position = 0
    for (start, end), name in parts:
        written = value[start:end]
        pieces += value[position:start], _part(name, written, moved)
        position = end
        if name == "m" and written[:3].isalpha():
            position += len(value[end:]) - len(value[end:].lstrip(string.ascii_letters))
        elif name == "d" and (suffix := re.match(r"st|nd|rd|th", value[end:], re.IGNORECASE)):
            pieces.append({1: "st", 2: "nd", 3: "rd"}.get(moved.day % 10 * (moved.day // 10 != 1), "th"))
            position += suffix.end()
    return "".join([*pieces, value[position:]])


def _part(name: str, written: str, moved: date) -> str:
    if name == "y":
        return f"{moved.year:04}"[-len(written) :]
    if written[:3].isalpha():
        month = _ABBREVIATED[3 * moved.month - 3 : 3 * moved.month]
        return month.upper() if written.isupper() else month.title() if written[0].isupper() else month
    return f"{moved.day if name == 'd' else moved.month:0{len(written)}}"


def _plausible(days: set[date], today: date) -> set[date]:
    return {day for day in days if -366 * 120 < (day - today).days <= 366}


def _days(match: re.Match[str], order: str) -> Iterator[date]:
    parts = dict(zip(order, match.groups(), strict=True))
    month = _MONTHS.get(parts["m"][:3]) or int(parts["m"])
    year = int(parts["y"])
    # Two digits may mean either century.
    for full in (year,) if len(parts["y"]) == 4 else (1900 + year, 2000 + year):
        try:
            yield date(full, month, int(parts["d"]))
        except ValueError:
            continue
