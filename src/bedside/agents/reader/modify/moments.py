"""The beginning, end and duration of a thing, with the date where the day of the visit settles it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from bedside.boundary.date_resolution import days_in
from bedside.records import Moment, Quantity

__all__ = ["ended", "moment", "onset", "onset_and_duration"]

_NUMBERS: dict[str, Decimal | int] = {
    "half an": Decimal("0.5"), "half a": Decimal("0.5"), "a": 1, "an": 1, "one": 1, "two": 2, "couple": 2,
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45,
    "fifty": 50, "sixty": 60, "ninety": 90,
}  # fmt: skip
_FEW = 3
"""The least numbers for "a few" and "several"."""
_WORDS = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:\.\d)?"
_COUNT = rf"(?:{_DIGITS}|{_WORDS}|few|several)"
_UNIT = (
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|d|nights?|weeks?|wks?|w|fortnights?|months?|mos?|years?"
    r"|yrs?|y)"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_ABOUT = (
    r"(?:(?:about|approx(?:\.|imately)?|around|roughly|nearly|almost|~|at\s+least|(?:just\s+)?over|more\s+than|>|≥"
    r"|under|less\s+than|<|up\s+to|the|past|last|good)\s*)*"
)
_SPAN = (
    rf"{_ABOUT}(?:a\s+(?=couple|few|good))?"
    rf"(?:{_DIGITS}(?:\s*(?:-|–|to|or)\s*\d{{1,3}})?[- ]?|(?:{_WORDS}|few|several)(?:\s+of)?[- ]){_UNIT}\b"
)
_SHORT_SPAN = r"\d{1,2}\s?/\s?(?:7|52|12|24)\b"
_CALENDAR = (
    rf"(?:(?:early|late|mid)[ -]?)?(?:(?:{'|'.join(_MONTHS)}"
    rf"|{'|'.join(name[:3] for name in _MONTHS)})\.?,?\s+(?:of\s+)?)?"
    r"(?:19|20)\d\d|\d{1,2}/\d{1,2}/\d{2,4}"
)
_NEAR_DAY = (
    rf"(?:last\s+|this\s+)?(?:{'|'.join(_WEEKDAYS)})|yesterday|today|last\s+night|this\s+(?:morning"
    rf"|afternoon|evening|week)"
    r"|last\s+(?:week|month|year)|childhood|birth"
    r"|\d{1,2}(?::\d\d)?\s?[ap]m\b|(?:[01]?\d|2[0-3]):[0-5]\d\b|noon|midday|lunch(?:time)?|breakfast|waking"
)
_AFTER = re.compile(
    # "Fever 6/7", "cough 3 weeks": right behind the thing; "rash 3 days after amoxicillin" dates something else.
    rf"[ ,:(]{{1,3}}(?P<bare>{_SPAN}|{_SHORT_SPAN})(?!['’]?\s*(?:ago|old|after|post|before|prior|into"
    rf"|later|earlier|following|apart|per|pregnan\w*|gestation|of\s+age|(?:of\s+)?(?:antibiotics|treatment|therapy))\b)"
    rf"|[^.;\n]{{0,25}}?(?:\b(?:for|over|during|x)\s*(?:the\s+)?(?:past\s+|last\s+)?(?P<for>{_SPAN}"
    rf"|{_SHORT_SPAN})"
    rf"|\b(?P<ago>{_SPAN})\s+ago\b|\b(?:since|from)\s+(?P<since>{_CALENDAR}|{_NEAR_DAY}|{_SPAN}\s+ago|{_SPAN})"
    rf"|\b(?:(?:that|which)\s+)?(?:started|began|onset|diagnosed|beginning|starting)\s+(?:(?:on|in"
    rf"|about|around|at|from)\s+)?"
    rf"(?P<began>{_CALENDAR}|{_NEAR_DAY}|{_SPAN}\s+ago)|[ ]*\(?(?:dx\.?\s+"
    rf"|diagnosed\s+)?(?:in\s+)?(?P<year>(?:19|20)\d\d)\b)",
    re.I,
)
_LASTED = re.compile(
    rf"[^.;\n]{{0,40}}?(?:\b|\.\s+(?:(?:it|this|that|which|episode|(?:the\s+)?[a-z]+)\s+)?)"
    rf"(?:last(?:s|ed|ing)|went\s+on|go(?:ne|ing)\s+on|continu(?:ed|ing)|persist(?:ed|ing|s)|duration)\s*(?:for|of|:)?"
    rf"\s*(?P<span>{_SPAN}|{_SHORT_SPAN})(?!\s+ago\b)",
    re.I,
)
"""The duration of a thing, also in the next sentence: "Had a seizure. It lasted ten minutes"."""
_FOR = re.compile(r"\b(?:for|since|over|last(?:ed|ing))\b", re.I)
# "Hypertension, stroke in 2015": a bare year belongs to the thing right before it.
_ANOTHER = re.compile(r"\band\b|,\s*(?!(?:dx|diagnosed|in|since|from)\b)[A-Za-z]", re.I)
# "2 y/o loose motions", "6 year boy": an age is no time.
_AGED = (
    r"[- ]?(?:old|/?o\b|(?:man|woman|male|female|boy|girl|lady|gentleman|baby|infant|newborn|child|toddler|[MF])\b)"
)
_BEFORE = re.compile(
    rf"(?<!child )(?<!baby )(?<!infant )(?<!boy )(?<!girl )(?<!aged )(?<!age )"
    rf"(?P<for>{_SPAN}(?!{_AGED})|{_SHORT_SPAN})(?:['’]s?)?\s*(?:history|hx"
    rf"|h/o)?\s*(?!(?:and|with|but|now|then|plus|after|before|later|ago|post|on|off)\b)(?:of\s+)?(?:[\w/-]+\s+){{0,2}}\Z",
    re.I,
)
_AMOUNT = re.compile(
    rf"(?P<count>{_COUNT})(?:\s*(?:-|–|to|or)\s*(?P<most>\d{{1,3}}))?(?:\s+of)?[- ]?(?P<unit>{_UNIT})\b", re.I
)
_UK = re.compile(r"(?P<count>\d{1,2})\s?/\s?(?P<unit>7|52|12|24)\Z")
_UK_UNITS = {"24": "h", "7": "d", "52": "w", "12": "m"}
_OVER = re.compile(r"(?:over|more\s+than|at\s+least|>|≥)\s*", re.I)
_UNDER = re.compile(r"(?:under|less\s+than|up\s+to|<)\s*", re.I)
_END = re.compile(
    rf"[^.;\n]{{0,30}}?\b(?:resolved|stopped|ended|subsided|cleared|went\s+away)\s+(?:on\s+|in\s+|about\s+)?"
    rf"(?P<end>{_CALENDAR}|{_NEAR_DAY}|{_SPAN}\s+ago)",
    re.I,
)


def onset(words: str, start: int, end: int, visit: date | None) -> Moment | None:
    """Return the beginning of the thing at `words[start:end]`, as its clause states it."""
    return onset_and_duration(words, start, end, visit)[0]


def onset_and_duration(
    words: str, start: int, end: int, visit: date | None, *, until: int | None = None
) -> tuple[Moment | None, Quantity | None]:
    """Return the beginning and the duration of the thing at `words[start:end]`, as far as its clause states them.

    Args:
        words: The sentence, and what may follow it.
        start: Where the thing begins.
        end: Where it ends.
        visit: The day of the note.
        until: Where another thing begins to which the times behind it belong.
    """
    own = words if until is None else words[:until]
    # "Not passed urine for" names the thing with the word that begins the time.
    inside = _FOR.search(own, start, end)
    at = inside.start() if inside else end
    explicit = _LASTED.match(own[: at + 110], at)
    lasted = _span(explicit["span"]) if explicit else None
    found = _AFTER.match(own[: at + 90], at)
    if found is not None:
        name = next(name for name, value in found.groupdict().items() if value)
        if name == "year" and _ANOTHER.search(found.group()[: found.start("year") - at]):
            return None, lasted
        began = moment(" ".join((found[name] + (" ago" if name == "ago" else "")).split()), visit)
        goes_on = name in ("bare", "for", "since", "began")
        return began, lasted or (began.ago if goes_on else None)
    before = _BEFORE.search(words[max(0, start - 50) : start])
    if before is None:
        return None, lasted
    began = moment(" ".join(before["for"].split()), visit)
    if began.ago is not None and began.ago.unit == "s":
        # "Five seconds of VT" tells nothing of when.
        return None, lasted or began.ago
    return began, lasted or began.ago


def ended(words: str, end: int, visit: date | None) -> Moment | None:
    """Return the end of the thing before `end`, as its clause states it."""
    found = _END.match(words[end : end + 90])
    return moment(" ".join(found["end"].split()), visit) if found else None


def moment(text: str, visit: date | None) -> Moment:
    """A time in words, with its date where the words and the day of the visit give one.

    A date is as precise as the words: days give a day, weeks and months a month, years a year.
    """
    low = text.lower()
    days = days_in(low)
    if len(days) == 1:
        when = next(iter(days)).isoformat()
    elif (year := re.search(r"\b(?:19|20)\d\d\b", low)) and not days:
        month = next((at for at, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", low)), None)
        when = f"{year.group()}-{month:02}" if month else year.group()
    else:
        return Moment(text=text, date=_resolved(low, visit) if visit is not None else None, ago=_ago(low, visit))
    return Moment(text=text, date=when, ago=_since(when, visit))


def _since(when: str, visit: date | None) -> Quantity | None:
    """The time from a date to the visit, in the unit in which the date is precise."""
    if visit is None:
        # Nobody names the month or year for what was days ago.
        return None if len(when) == len("2024-03-14") else Quantity(value=Decimal(1), unit="mo", comparator=">=")
    if len(when) == len("2024"):
        return _passed(visit.year - int(when), "a")
    if len(when) == len("2024-03"):
        return _passed((visit.year - int(when[:4])) * 12 + visit.month - int(when[5:]), "mo")
    return _passed((visit - date.fromisoformat(when)).days, "d")


def _passed(count: int, unit: str, comparator: str | None = None) -> Quantity | None:
    return Quantity(value=Decimal(count), unit=unit, comparator=comparator) if count >= 0 else None


_TODAY = re.compile(
    r"today|this (?:morning|afternoon|evening)|\d.*[ap]m|\d{1,2}:\d\d|noon|midday|lunch(?:time)?"
    r"|breakfast|waking"
)
_AGO: dict[str, tuple[int, str]] = {
    "last night": (12, "h"), "overnight": (12, "h"), "yesterday": (1, "d"), "day before": (1, "d"),
    "day before yesterday": (2, "d"), "last week": (1, "wk"), "this week": (7, "d"), "last month": (1, "mo"),
    "last year": (1, "a"),
}  # fmt: skip


def _ago(low: str, visit: date | None) -> Quantity | None:
    """Return the time before the visit that the words state."""
    if _TODAY.fullmatch(low):
        return _passed(1, "d", "<")
    words = re.sub(r"^the | (?:morning|afternoon|evening)$", "", low)
    if words in _AGO:
        count, unit = _AGO[words]
        return _passed(count, unit, "<=" if words == "this week" else None)
    weekday = next((at for at, name in enumerate(_WEEKDAYS) if name in low), None)
    if weekday is not None:
        return _passed(7, "d", "<=") if visit is None else _passed((visit.weekday() - weekday) % 7 or 7, "d")
    if re.fullmatch(rf"in (?:{'|'.join(name[:3] for name in _MONTHS)})[a-z]*", low):
        return Quantity(value=Decimal(1), unit="mo", comparator=">=")
    return _span(low)


def _span(text: str) -> Quantity | None:
    """The length of "about 3 weeks", "2-3 days" (the longer), "6/7", "half an hour"."""
    low = " ".join(text.lower().split())
    if (uk := _UK.search(low)) is not None:
        return _length(Decimal(uk["count"]), _UK_UNITS[uk["unit"]], low)
    found = _AMOUNT.search(low)
    if found is None:
        return None
    count = found["most"] or found["count"]
    known = _FEW if count in ("few", "several") else _NUMBERS.get(count)
    return _length(Decimal(count) if known is None else Decimal(known), found["unit"], low)


def _length(count: Decimal, unit: str, low: str) -> Quantity:
    if unit.startswith("fortnight"):
        count, unit = count * 2, "w"
    named = "mo" if unit == "m" or unit.startswith("mo") else "min" if unit.startswith("mi") else unit[0]
    comparator = ">" if _OVER.match(low) else "<" if _UNDER.match(low) else None
    return Quantity(value=count, unit=_UCUM.get(named, named), comparator=comparator)


_UCUM = {"y": "a", "w": "wk", "n": "d"}


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
        return _before(visit, int(uk["count"]), _UK_UNITS[uk["unit"]])
    found = _AMOUNT.search(low)
    if found is None or found["count"] in ("few", "several"):
        return None
    count = Decimal(_NUMBERS.get(found["count"]) or found["count"])
    unit = "w" if (fortnight := found["unit"].startswith("fortnight")) else found["unit"]
    whole = int(count * 2 if fortnight else count)
    return _before(visit, whole, "min" if unit.startswith("mi") else "m" if unit.startswith("mo") else unit[0])


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
