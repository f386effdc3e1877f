"""When something began or ended, in the note's words, and the date where the day of the visit settles it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bedside.boundary.days import days_in
from bedside.records import Moment

__all__ = ["ended", "moment", "onset"]

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_WORDS = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_COUNT = rf"(?:\d{{1,3}}|{_WORDS}|few|several)"
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|h|days?|d|nights?|weeks?|wks?|w|months?|mos?|years?|yrs?|y)"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_SPAN = (
    rf"(?:about\s+|approximately\s+|around\s+|at\s+least\s+|over\s+)?(?:a\s+)?"
    rf"(?:\d{{1,3}}(?:\s*(?:-|–|to|or)\s*\d{{1,2}})?[- ]?|(?:{_WORDS}|few|several)(?:\s+of)?[- ]){_UNIT}\b"
)
_CALENDAR = (
    rf"(?:(?:early|late|mid)[ -]?)?(?:(?:{'|'.join(_MONTHS)}"
    rf"|{'|'.join(name[:3] for name in _MONTHS)})\.?,?\s+(?:of\s+)?)?"
    r"(?:19|20)\d\d|\d{1,2}/\d{1,2}/\d{2,4}"
)
_NEAR_DAY = (
    rf"(?:last\s+|this\s+)?(?:{'|'.join(_WEEKDAYS)})|yesterday|today|last\s+night|this\s+(?:morning"
    rf"|afternoon|evening|week)"
    r"|last\s+(?:week|month|year)|childhood|birth"
)
_AFTER = re.compile(
    rf"[^.;\n]{{0,25}}?(?:\b(?:for|over|during|x)\s+(?:the\s+)?(?:past\s+|last\s+)?(?P<for>{_SPAN}"
    rf"|\d{{1,2}}/(?:7|52|12))"
    rf"|\b(?P<ago>{_SPAN})\s+ago\b|\b(?:since|from)\s+(?P<since>{_CALENDAR}|{_NEAR_DAY})"
    rf"|\b(?:(?:that|which)\s+)?(?:started|began|onset|diagnosed|beginning|starting)\s+(?:(?:on|in"
    rf"|about|around|at)\s+)?"
    rf"(?P<began>{_CALENDAR}|{_NEAR_DAY}|{_SPAN}\s+ago)|[ ]*\(?(?:dx\.?\s+"
    rf"|diagnosed\s+)?(?:in\s+)?(?P<year>(?:19|20)\d\d)\b)",
    re.I,
)
# "Hypertension, stroke in 2015": a bare year belongs to the thing right before it.
_ANOTHER = re.compile(r"\band\b|,\s*(?!(?:dx|diagnosed|in|since|from)\b)[A-Za-z]", re.I)
_BEFORE = re.compile(
    rf"(?<!child )(?<!baby )(?<!infant )(?<!boy )(?<!girl )(?<!aged )(?<!age )"
    rf"(?P<for>{_SPAN}(?![- ]old)|\d{{1,2}}\s?/\s?(?:7|52|12))(?:'s?)?\s*(?:history|hx"
    rf"|h/o)?\s*(?:of\s+)?(?:[\w/-]+\s+){{0,2}}\Z",
    re.I,
)
_AMOUNT = re.compile(
    rf"(?P<count>{_COUNT})(?:\s*(?:-|–|to|or)\s*\d{{1,2}})?(?:\s+of)?[- ]?(?P<unit>{_UNIT})\b", re.I
)
_UK = re.compile(r"(?P<count>\d{1,2})\s?/\s?(?P<unit>7|52|12)\Z")
_END = re.compile(
    rf"[^.;\n]{{0,30}}?\b(?:resolved|stopped|ended|subsided|cleared|went\s+away)\s+(?:on\s+|in\s+|about\s+)?"
    rf"(?P<end>{_CALENDAR}|{_NEAR_DAY}|{_SPAN}\s+ago)",
    re.I,
)


def onset(words: str, start: int, end: int, visit: date | None) -> Moment | None:
    """When the thing at `words[start:end]` began, as its clause tells."""
    found = _AFTER.match(words[end : end + 90])
    if found is not None:
        name = next(name for name, value in found.groupdict().items() if value)
        if name == "year" and _ANOTHER.search(found.group()[: found.start("year")]):
            return None
        text = found[name] + (" ago" if name == "ago" else "")
        return moment(" ".join(text.split()), visit)
    before = _BEFORE.search(words[max(0, start - 50) : start])
    return moment(" ".join(before["for"].split()), visit) if before else None


def ended(words: str, end: int, visit: date | None) -> Moment | None:
    """When the thing before `end` was over, as its clause tells."""
    found = _END.match(words[end : end + 90])
    return moment(" ".join(found["end"].split()), visit) if found else None


def moment(text: str, visit: date | None) -> Moment:
    """A time in words, with its date where the words and the day of the visit give one.

    A date is as precise as the words: days give a day, weeks and months a month, years a year.
    """
    low = text.lower()
    days = days_in(low)
    if len(days) == 1:
        return Moment(text=text, date=next(iter(days)).isoformat())
    if (year := re.search(r"\b(?:19|20)\d\d\b", low)) and not days:
        month = next((at for at, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", low)), None)
        return Moment(text=text, date=f"{year.group()}-{month:02}" if month else year.group())
    return Moment(text=text, date=_resolved(low, visit) if visit is not None else None)


def _resolved(low: str, visit: date) -> str | None:
    if re.fullmatch(r"today|this (?:morning|afternoon|evening)", low):
        return visit.isoformat()
    if low in ("yesterday", "last night"):
        return (visit - timedelta(days=1)).isoformat()
    weekday = next((at for at, name in enumerate(_WEEKDAYS) if name in low), None)
    if weekday is not None:
        return (visit - timedelta(days=(visit.weekday() - weekday) % 7 or 7)).isoformat()
    if low == "last year":
        return str(visit.year - 1)
    if low == "last month":
        return _months_before(visit, 1)
    uk = _UK.search(low)
    if uk is not None:
        return _before(visit, int(uk["count"]), {"7": "d", "52": "w", "12": "m"}[uk["unit"]])
    found = _AMOUNT.search(low)
    if found is None or found["count"] in ("few", "several"):
        return None
    count = _NUMBERS.get(found["count"]) or int(found["count"])
    unit = found["unit"]
    return _before(visit, count, "min" if unit.startswith("mi") else "m" if unit.startswith("mo") else unit[0])


def _before(visit: date, count: int, unit: str) -> str | None:
    """A date that many units earlier; hours may reach over midnight, so they give the day only within a day."""
    match unit:
        case "min":
            return visit.isoformat()
        case "d" | "n":
            return (visit - timedelta(days=count)).isoformat()
        case "w":
            return f"{visit - timedelta(weeks=count):%Y-%m}"
        case "m":
            return _months_before(visit, count)
        case "y":
            return str(visit.year - count)
    return None


def _months_before(visit: date, count: int) -> str:
    months = visit.year * 12 + visit.month - 1 - count
    return f"{months // 12:04}-{months % 12 + 1:02}"
