"""The day of a measured value, where the words beside it name another one than that of the note.

Only words right beside a value count ("6.9 yesterday", "Admission bloods: K 6.9, Na 130", "K (12/3) 6.9"): in
"fell yesterday, BP 78/40" the pressure is today's. A value of an earlier day is past as soon as the note has a
later one of the same thing; alone it is the last that is known, and stays. Of two of one day, or of an unknown
order, both stay, and the worse one counts. Which came first is told beside (`Fact.order`, `places.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bedside.agents.reader.document.day import Calendar
from bedside.agents.reader.document.note import Note
from bedside.agents.reader.modify.moments import moment
from bedside.agents.reader.modify.places import Timed, follows, orders
from bedside.agents.reader.modify.when import WHEN
from bedside.agents.reconciler.reconcile import LONG_AGO
from bedside.records import Assertion, Fact, Moment, Quantity

__all__ = ["with_days"]

_NAMES = r"(?:bloods?|labs?|obs(?:ervations?)?|vitals?|vital\s+signs|values?|results?|tests?|charts?)"
_INSIDE = re.compile(rf"\b{WHEN}", re.I)
_BEHIND = re.compile(
    r"[ \t]*(?:mm\s?Hg\b)?[ \t]*(?:on\s+(?:room\s+)?air|on\s+RA|RA|OA|at\s+home)?[ \t]*\(?"
    rf"(?:(?:taken|measured|checked|done)\s+)?\b{WHEN}\b(?!\s*[:=]?\s*~?\d)",
    re.I,
)
_LINK = (
    r"[\s:,–(-]*(?:(?:an?|the|his|her|their|with|was|were|is|are|had|showed|of|and|on|at\s+home|in\s+clinic"
    rf"|repeat|{_NAMES})\b[\s:,–-]*)*"
)
_BEFORE = re.compile(
    rf"(?P<lead>\A|[,;:.(–-]|\b(?:and|but|then|{_NAMES})\b)[\s\W]*(?:(?:from|of)\s+)?\b{WHEN}{_LINK}\Z", re.I
)
_WAS = re.compile(r"[,(;]\s*(?:it\s+)?(?:was|previous(?:ly)?|prev\.?|formerly)\s+\Z", re.I)
_HEADER = re.compile(rf"\W*(?:{_NAMES}\W*(?:from\s+|of\s+)?)?{WHEN}(?:\W*{_NAMES})?\W*", re.I)
_CLOCK = re.compile(r"(?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)(?:\s?h(?:rs?)?)?", re.I)
_LISTED = re.compile(r"[^.\n]{0,30}\Z")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """The time of a value: `earlier`, `admission`, `current` or `same` (day as the note).

    `number` counts the days of a stay: "Day 2". `words` are the note's.
    """

    kind: str
    moment: Moment | None = None
    number: int | None = None
    words: str = ""

    @property
    def day(self) -> date | None:
        text = self.moment.date if self.moment else None
        return date.fromisoformat(text) if text and len(text) == len("2024-03-14") else None


def with_days(facts: Iterable[Fact], note: Note) -> Iterator[Fact]:
    """Yield the measured facts, those of another day with it; what a later value replaced is past."""
    ordered = sorted(facts, key=lambda fact: (fact.evidence.start, fact.evidence.end))
    around = zip(ordered, _stamps(ordered, note), strict=True)
    stamps = {
        id(fact): _of_column(fact.measured.text, note.calendar) if fact.measured else beside
        for fact, beside in around
    }
    groups: dict[str, list[Fact]] = defaultdict(list)
    for fact in ordered:
        groups[fact.concept or fact.display].append(fact)
    last = max((stamp.number for stamp in stamps.values() if stamp and stamp.number is not None), default=0)
    places = dict(_places(ordered, stamps, groups.values(), note.text))
    for fact in ordered:
        stamp = stamps[id(fact)]
        told: dict[str, object] = {"order": places.get(id(fact))}
        others = [stamps[id(one)] for one in groups[fact.concept or fact.display]]
        replaced = stamp is not None and any(_replaces(other, stamp) for other in others)
        if stamp is None or stamp.kind in ("current", "same") or (stamp.kind == "admission" and not replaced):
            told["measured"] = None
        else:
            told["measured"] = _counted(stamp, last)
            if fact.assertion is Assertion.PRESENT and (replaced or _is_long_ago(stamp, note.visit)):
                told |= {"assertion": Assertion.HISTORICAL, "why": "of-another-day"}
        yield fact.model_copy(update=told)


def _counted(stamp: _Stamp, last: int) -> Moment | None:
    """The time of a stamp; that of a day of the stay says how long before the last one it was."""
    if stamp.number is None or stamp.moment is None:
        return stamp.moment
    return stamp.moment.model_copy(update={"ago": Quantity(value=Decimal(last - stamp.number), unit="d")})


def _places(
    ordered: list[Fact], stamps: dict[int, _Stamp | None], groups: Iterable[list[Fact]], text: str
) -> Iterator[tuple[int, int | None]]:
    """The place of each value in time, by the identity of its fact, where it has several of its kind around it."""
    for group in groups:
        if len(group) < 2:
            continue
        timed = []
        for at, fact in enumerate(group):
            stamp = stamps[id(fact)]
            before = group[at - 1].evidence if at else None
            timed.append(
                Timed(
                    earlier=stamp is not None and stamp.kind in ("earlier", "admission"),
                    day=stamp.day if stamp else None,
                    ago=stamp.moment.ago if stamp and stamp.moment else None,
                    number=stamp.number if stamp else None,
                    words=stamp.words if stamp else "",
                    follows=before is not None and follows(text, before.start, before.end, fact.evidence.start),
                )
            )
        yield from zip(map(id, group), orders(timed), strict=True)


def _replaces(other: _Stamp | None, stamp: _Stamp) -> bool:
    """True if a value of one time is the newer one. One without a time is of the note's day."""
    if other is None:
        return stamp.kind == "earlier"
    if other.day is not None and stamp.day is not None:
        return other.day > stamp.day
    if other.number is not None and stamp.number is not None:
        return other.number > stamp.number
    return other.kind == "current" or (other.kind == "same" and stamp.kind == "earlier")


def _is_long_ago(stamp: _Stamp, visit: date | None) -> bool:
    if stamp.moment is None:
        return False
    if stamp.day is not None:
        return visit is not None and visit - stamp.day > LONG_AGO
    year = re.search(r"\b(?:19|20)\d\d\b", stamp.moment.text)
    if year is not None:
        return visit is None or int(year.group()) < visit.year
    return re.search(r"\b(?:months?|years?)\b", stamp.moment.text, re.I) is not None


def _stamps(facts: list[Fact], note: Note) -> Iterator[_Stamp | None]:
    """The stamp of each fact in the order of the text."""
    places = list(dict.fromkeys((fact.evidence.start, fact.evidence.end) for fact in facts))
    # The two pressures of a pair have the same characters.
    stamps = dict(_stamps_of(places, note))
    return (stamps.get((fact.evidence.start, fact.evidence.end)) for fact in facts)


def _stamps_of(places: list[tuple[int, int]], note: Note) -> Iterator[tuple[tuple[int, int], _Stamp | None]]:
    text, calendar = note.text, note.calendar
    at, carried = 0, None
    for sentence in note.sentences:
        until = bisect_left(places, (sentence.end, 0), at)
        if until == at:
            header = _HEADER.fullmatch(text, sentence.start, sentence.end)
            carried = _stamp(header, calendar) if header else None
            continue
        if "\n\n" in text[max(0, sentence.start - 3) : sentence.start]:
            carried = None
        following, last = carried, sentence.start
        for start, end in places[at:until]:
            following = _chained(text, last, start, following, calendar)
            yield (start, end), _own(text, start, end, max(end, sentence.end), calendar) or following
            last = end
        at = until


def _of_column(words: str, calendar: Calendar) -> _Stamp | None:
    """The time above a column of a chart."""
    if counted := re.search(r"\d+\Z", words) if re.match(r"day|D|POD", words, re.I) else None:
        return _Stamp("earlier", Moment(text=words), int(counted.group()), words)
    if clock := _CLOCK.fullmatch(words):
        return _Stamp("same", words=f"{clock['hour']}:{clock['minute']}")
    if re.fullmatch(r"(?:on\s+)?admission", words, re.I):
        return _Stamp("admission", Moment(text=words))
    if re.fullmatch(r"(?:on\s+)?discharge", words, re.I):
        return _Stamp("current")
    found = _INSIDE.fullmatch(words) or _INSIDE.fullmatch(f"on {words}")
    return _stamp(found, calendar) if found else _Stamp("earlier", Moment(text=words))


def _own(text: str, start: int, end: int, limit: int, calendar: Calendar) -> _Stamp | None:
    """Return the words behind a value, between its name and its number, or right before a bare number."""
    if (behind := _BEHIND.match(text, end, limit)) and (stamp := _stamp(behind, calendar)):
        # "On admission six days ago", "in clinic last Tuesday": the second time says when that was.
        place = stamp.kind == "admission" or stamp.words.lower() == "in clinic"
        more = _BEHIND.match(text, behind.end(), limit) if place else None
        return (_stamp(more, calendar) if more else None) or stamp
    for inside in _INSIDE.finditer(text, start, end):
        if stamp := _stamp(inside, calendar):
            return stamp
    if text[start].isdigit() and _WAS.search(text, max(0, start - 20), start):
        return _Stamp("earlier", Moment(text="previously"))
    return None


def _chained(text: str, last: int, start: int, before: _Stamp | None, calendar: Calendar) -> _Stamp | None:
    """The time that governs a value and those listed behind it: "Yesterday BP 78/40, HR 130"."""
    gap = text[last:start]
    if (found := _BEFORE.search(gap)) and (stamp := _stamp(found, calendar)):
        return stamp
    return before if _LISTED.match(gap) and not _INSIDE.search(gap) else None


def _stamp(found: re.Match[str], calendar: Calendar) -> _Stamp | None:
    kind = next(name for name in ("dated", "earlier", "admission", "current", "same") if found[name])
    words = " ".join(found[kind].split())
    if kind in ("current", "same"):
        return _Stamp(kind, words=words)
    if kind == "admission":
        return _Stamp(kind, Moment(text=words), words=words)
    if kind == "earlier":
        earlier = moment(re.sub(r"^(?:on|back)\s+", "", words, flags=re.I), calendar.day)
        return _Stamp(kind, earlier, words=words)
    day = _day(re.sub(r"^(?:on|from|dated|of)\s+(?:the\s+)?", "", words, flags=re.I), calendar)
    if day is None:
        return _Stamp("earlier", Moment(text=words), words=words)
    dated = moment(day.isoformat(), calendar.day).model_copy(update={"text": words})
    current = calendar.day is not None and day >= calendar.day
    return _Stamp("current" if current else "earlier", dated, words=words)


def _day(words: str, calendar: Calendar) -> date | None:
    """The day of a date; of one without its year the last one up to the day of the note."""
    days = calendar.days(words)
    if not days and calendar.day is not None:
        separator = "/" if "/" in words else "." if "." in words else " "
        for year in (calendar.day.year, calendar.day.year - 1):
            # Whichever comes first in it, the year stands behind.
            days = {day for day in calendar.days(f"{words}{separator}{year}") if day <= calendar.day}
            if days:
                break
    return days.pop() if len(days) == 1 else None
