"""The order of several values of one thing, as far as a note states it.

A value of an earlier day comes before those of the note's day; days are compared by their dates, by how long ago
they were, or by the number of the day of a stay. Of one day the clock tells, the way of the patient (at the scene,
on arrival, on repeat, now), or an arrow and its words ("88 → 240", "4.1 rising to 6.2"). Where two values cannot be
compared they get one place, and one that fits between none of the others gets none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bedside.records import Quantity

__all__ = ["Timed", "follows", "orders"]

_PHASES: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (phase, re.compile(words, re.I))
    for phase, words in (
        (0, r"scene|initially|overnight|last\s+night"),
        (1, r"ambulance|en\s+route"),
        (2, r"arrival|presentation|triage|resus|\bED\b|A&E|ago\b|this\s+morning"),
        (4, r"repeat|recheck|later|at\s+\w+\s?(?:h|hours?|hrs?|minutes?|mins?)\Z"),
        (5, r"\bnow\b|currently|at\s+present|latest|most\s+recent|discharge"),
    )
)
_ANY_TIME = 3
"""The phase of a value of the day without a word of when, or with its clock."""
_MINUTES = re.compile(r"(?P<count>\d{1,3})\s?(?P<unit>h|m)[a-z]*", re.I)
_CLOCK = re.compile(r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)")
_HALF_A_DAY, _DAY = 720, 1440
"""Minutes by which a clock is behind the one before it when it is past midnight."""
_BASELINE = re.compile(r"baseline|usual|normally", re.I)
_COURSE = re.compile(
    r"[^\d.;\n]{0,12}?(?:-+>|→|=>|➔|\s>\s|\b(?:then|later|subsequently)\b"
    r"|\b(?:rising|rose|risen|falling|fell|fallen|dropping|dropped|climbing|climbed|up|down|increas(?:ed|ing)"
    r"|decreas(?:ed|ing)|improv(?:ed|ing)|worsen(?:ed|ing))\s+(?:up\s+|down\s+)?to\b)[^\d.;\n]{0,20}"
)
_FROM_TO = re.compile(r"[^\d.;\n]{0,8}\bto\b[^\d.;\n]{0,4}")
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Timed:
    """The time of a measured value, as a note states it.

    Attributes:
        earlier: Whether it was before the day of the note.
        day: Its day, where that is known.
        ago: How long before the note.
        number: The day of a stay.
        words: The note's words.
        follows: Whether it stands as what came after the value before it: behind an arrow, "then", "rising to".
    """

    earlier: bool = False
    day: date | None = None
    ago: Quantity | None = None
    number: int | None = None
    words: str = ""
    follows: bool = False


def follows(text: str, first: int, last: int, start: int) -> bool:
    """True if a value at `start` is the one that came after that at `text[first:last]`.

    "90 to 150" is a range, and "from 90 to 150" a course.
    """
    if _COURSE.fullmatch(text, last, start):
        return True
    return "from" in text[first:last].lower() and _FROM_TO.fullmatch(text, last, start) is not None


def orders(values: Sequence[Timed]) -> list[int | None]:
    """The place of each value of one thing, in the order of the text; `None` where the note does not place it."""
    keys = _with_earlier(values, list(_of_the_day(values)))
    places = {key: at for at, key in enumerate(sorted({key for key in keys if key is not None}), start=1)}
    if len(places) < _LEAST:
        return [None] * len(values)
    return [None if key is None else places[key] for key in keys]


_Key = tuple[int, Decimal, int]


def _of_the_day(values: Sequence[Timed]) -> Iterator[_Key | None]:
    """The key of each value of the note's day: its phase, its minute, its place in a course."""
    phases: list[tuple[int, Decimal | None, int, int]] = []
    clock, course, step = Decimal(0), 0, 0
    for at, value in enumerate(values):
        phase, minute = _phase(value.words)
        if phase == _ANY_TIME and minute is not None:
            minute += _DAY if clock - minute > _HALF_A_DAY else 0
            clock = minute
        goes_on = value.follows and not values[at - 1].earlier
        course, step = (course, step + 1) if goes_on else (course + 1, 0)
        if goes_on and not value.words:
            phase, minute = phases[-1][:2]
        phases.append((phase, minute, course, step))
    placed = _placed(phases, [value.earlier for value in values])
    for at, (phase, minute, _, step) in enumerate(phases):
        yield (phase, minute or Decimal(0), step) if at in placed else None


def _placed(phases: Sequence[tuple[int, Decimal | None, int, int]], earlier: Sequence[bool]) -> set[int]:
    """Return the values of the day that can be compared with others of their phase: by clock, or by one course."""
    placed: set[int] = set()
    for phase in {own for own, *_ in phases}:
        inside = [at for at, own in enumerate(phases) if own[0] == phase and not earlier[at]]
        timed = [at for at in inside if phases[at][1] is not None]
        courses = [phases[at][2] for at in inside if phases[at][3] > 0]
        if timed:
            placed.update(timed)
        elif courses:
            placed.update(at for at in inside if phases[at][2] == courses[0])
        else:
            placed.update(inside)
    return placed


def _phase(words: str) -> tuple[int, Decimal | None]:
    """The phase of a day that words name, and the minute within it."""
    if clock := _CLOCK.search(words):
        return _ANY_TIME, Decimal(int(clock["hour"]) * 60 + int(clock["minute"]))
    phase = next((phase for phase, pattern in _PHASES if pattern.search(words)), _ANY_TIME)
    found = _MINUTES.search(words)
    if found is None:
        return phase, None
    minutes = Decimal(found["count"]) * (60 if found["unit"].lower() == "h" else 1)
    return phase, -minutes if "ago" in words.lower() else minutes


def _with_earlier(values: Sequence[Timed], keys: list[_Key | None]) -> list[_Key | None]:
    """The keys with those of earlier days, which come before all of the note's day."""
    earlier = [value for value in values if value.earlier and not _BASELINE.search(value.words)]
    scale = next(
        (scale for scale in _SCALES if all(scale(value) is not None for value in earlier)), lambda _: Decimal(0)
    )
    return [
        (-2, Decimal(0), 0)
        if value.earlier and _BASELINE.search(value.words)
        else (-1, scale(value) or Decimal(0), 0)
        if value.earlier
        else key
        for value, key in zip(values, keys, strict=True)
    ]


def _by_number(value: Timed) -> Decimal | None:
    return None if value.number is None else Decimal(value.number)


def _by_day(value: Timed) -> Decimal | None:
    return None if value.day is None else Decimal(value.day.toordinal())


def _by_ago(value: Timed) -> Decimal | None:
    ago = value.ago
    return -ago.hours if ago is not None and ago.comparator in (None, ">=") and ago.hours is not None else None


_SCALES = (_by_number, _by_day, _by_ago)
"""Ways to compare earlier days; the first that knows all of them counts."""
