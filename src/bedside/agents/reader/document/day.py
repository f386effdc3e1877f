"""The day of a document: the right one of the dates at its head, and the order of its numbers.

A head names many days: of birth, of the visit, of dictation and typing, of the next appointment. The words before
a date say which one it is (`_LABELS`, best first); a date alone on its line is that of the document. Whether
"03/04" is April or March is shown by another date of the text or by the day of the week beside it, else unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bedside.boundary.date_resolution import days_in

__all__ = ["Calendar", "calendar_of"]

_HEAD = 800
_MOST = 10_000
"""Characters in which other dates may show the order of the numbers."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})[a-z]*"
_DATE = re.compile(
    rf"(?:\b(?P<weekday>{_WEEKDAY})\.?,?\s+(?:the\s+)?)?"
    rf"(?<![\d/.-])(?P<day>(?:19|20)\d\d\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?\d{{1,2}}"
    rf"|\d{{1,2}}\s?(?P<part>[-/.])\s?\d{{1,2}}\s?(?P=part)\s?(?:\d{{4}}|\d\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[\s.-]?\s?{_MONTH}\.?,?[\s-]?\s?'?(?:\d{{4}}|\d\d)"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+'?(?:\d{{4}}|\d\d)"
    rf"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![\d/]|\.\d|-\d)",
    re.I,
)
_LATEST_SHORT_YEAR = 70
"""Two digits of a year up to this one are of this century: a document is not written before it happens."""

_OTHER = (
    r"\b(?:birth|born|dob|d\.o\.b|lmp|edd|edc|due|next"
    r"|(?:follow[ -]?up|f/u)(?!\s+(?:visit|clinic|consult|note|letter|review))|appointment|appt|expir\w+|valid"
    r"|until|till|since|from|print\w*|invoice|issued|insur\w+|policy|last|previous|prior|onset|started|began|given"
    r"|vaccin\w+|diagnosed|dx|died|death|registered|booked|scheduled|planned)\b[^\n]{0,20}\Z"
)
_LABELS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (rank, re.compile(rf"(?:{words})(?:\s*\(?(?:date|day|on|at|time|and|&|/)\)?)*\s*[:=–,(-]*\s*\Z", re.I))
    for rank, words in (
        (99, _OTHER),
        (
            1,
            r"\b(?:date\s+of\s+(?:this\s+|the\s+)?(?:visit|service|encounter|consult\w*|exam\w*|note|clinic|assessment"
            r"|review|contact|attendance|operation|surgery|procedure|discharge|study)"
            r"|(?:visit|encounter|service|consult\w*|clinic|exam\w*|assessment|review|contact|attendance|operation"
            r"|surgery|procedure|study|discharge|session|arrival|triage)(?:\s+(?:date|day))?|dos"
            r"|(?:seen|reviewed|examined|assessed|attended|attending|visited|consulted|discharged|operated|called|phoned|telephoned|rang|performed|done)"
            r"(?:\s+(?:by|in|at|with|here|us|me|again|today)\b(?:\s+[\w-]+){0,3}?)?(?:\s+on)?"
            r"|collect(?:ed|ion)(?:\s+date)?|(?:specimen|sample)\s+date)",
        ),
        (2, r"(?<!of )\b(?:(?:letter|note|document)\s+)?dated?|(?:letter|note)\s+of"),
        (3, r"\bdictat\w*|\bwritten|\bD(?=:)"),
        (4, r"\b(?:date\s+of\s+admission|admission(?:\s+date)?|admit(?:ted|\s+date)?)"),
        (5, r"\b(?:report(?:ed)?|receiv\w+|typed|transcri\w+|referr\w+|referral|sign(?:ed)?|authori[sz]ed)"),
    )
)
_ALONE = 2
"""The rank of a date without a word before it that opens a line or precedes a time of day."""
_TOLD = 3
"""The last rank at which an ambiguous day is reported: a day of typing or admission is another day anyway."""
_OPENS_LINE = re.compile(r"(?:^|\n)[ \t*_#>|-]*(?:[A-Z][a-z]+(?: [A-Z][a-z]+)?,[ \t]*)?\Z")
_ENDS_LINE = re.compile(
    r"[ \t*_|]*(?:\n|\Z|[,–-]?[ \t]*(?:at[ \t]+)?\d{1,2}[:.]?\d\d\b|[ \t]+[A-Z]{2,}\b|[ \t]*[-–][ \t])"
)
_BEFORE_TIME = re.compile(r",?[ \t]+(?:at[ \t]+)?(?:[01]\d|2[0-3])[:.]?[0-5]\d(?:h|hrs?)?\b")
_FIRST_LINES = 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """The day of a document and how its dates are read.

    Attributes:
        day: The day, where the head states it without doubt.
        order: "dmy" or "mdy" where the text shows the order of its numbers.
        unclear: Where the head states a day that can be two.
    """

    day: date | None = None
    order: str | None = None
    unclear: tuple[int, int] | None = None

    def days(self, text: str) -> set[date]:
        """The days that a date may mean here."""
        return _days(text, self.order)


def calendar_of(text: str) -> Calendar:
    """The calendar of a text. It never raises."""
    order = _order(text[:_MOST])
    head = text[:_HEAD]
    best: tuple[int, int] | None = None
    unclear = None
    found_day: date | None = None
    for found in _DATE.finditer(head):
        rank = _rank(head, found)
        if rank is None or (best is not None and (rank, found.start()) >= best):
            continue
        days = _of_weekday(_days(found["day"], order), found["weekday"])
        if not days:
            continue
        best = rank, found.start()
        found_day = next(iter(days)) if len(days) == 1 else None
        unclear = found.span("day") if len(days) > 1 and rank <= _TOLD else None
    return Calendar(found_day, order, unclear)


def _rank(head: str, found: re.Match[str]) -> int | None:
    """Return how well the words around a date make it the document's; `None` where they rule that out."""
    line = head[head.rfind("\n", 0, found.start()) + 1 : found.start()]
    # Of two labelled dates on a line each has the words behind the one before it.
    earlier = [one.end() for one in _DATE.finditer(line)]
    before = line[earlier[-1] :] if earlier else line
    before = before.replace("*", "").replace("_", " ")
    for rank, label in _LABELS:
        if label.search(before):
            return rank if rank < 99 else None
    number = head.count("\n", 0, found.start())
    opens = _OPENS_LINE.search(head, 0, found.start()) is not None and not earlier
    if opens and number < _FIRST_LINES and (_begins(head, found) or _ENDS_LINE.match(head, found.end())):
        return _ALONE
    if number < _FIRST_LINES // 2 and _BEFORE_TIME.match(head, found.end()):
        return _ALONE
    return None


def _begins(head: str, found: re.Match[str]) -> bool:
    return not head[: found.start()].strip(" \t\n*_#")


def _days(text: str, order: str | None) -> set[date]:
    days = days_in(text.lower(), (order, "ymd") if order else ("dmy", "mdy", "ymd"))
    if re.search(r"\d{4}", text):
        return days
    first = 1900 + _LATEST_SHORT_YEAR
    return {day for day in days if first < day.year <= first + 100}


def _of_weekday(days: set[date], name: str | None) -> set[date]:
    """Those of the days that are of that day of the week; all where none is: people err in it."""
    if name is None or len(days) < 2:
        return days
    return {day for day in days if _WEEKDAYS[day.weekday()] == name[:3].lower()} or days


def _order(text: str) -> str | None:
    """The order of day and month that the dates of a text allow; `None` where they show none, or both."""
    shown: set[str] = set()
    for found in _numbers(text):
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            shown.add("dmy")
        elif second > 12 >= first:
            shown.add("mdy")
    return shown.pop() if len(shown) == 1 else None


def _numbers(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"(?<![\d/.-])(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|\d\d)(?![\d/]|\.\d|-\d)", text)
