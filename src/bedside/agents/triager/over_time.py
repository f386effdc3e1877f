"""Time in red flags: the duration of a finding, its beginning, the change of a value.

The column `over_time` of `data/red_flags.tsv` holds statements joined by `, `; all must hold:

    cough lasts>=3 weeks                       how long a finding is there or was there
    facial-droop|aphasia began<=4.5 hours      how long ago it began; one of several findings is enough
    creatinine rises>=50% in 7 days            a current value against one of the 7 days before it
    hemoglobin falls>=2                        by that much, in the unit of `readings.py`, since whenever

"This morning" is under a day: it may be within 4.5 hours and shows no long duration. An earlier value without a
day, a baseline, is taken as one within the window. Values of which nobody says which came first never rise or fall,
and a value without a time is of the note's day. Of several values of the note's day each counts, so the worst does;
a value that one of a later day replaced does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bedside.agents.triager.comparison import COMPARE
from bedside.agents.triager.readings import NAMES, value_of
from bedside.records import Assertion, ClinicalRecord, DocumentKind, Fact, FactKind, Quantity, trend

__all__ = [
    "COURSES",
    "Change",
    "Course",
    "History",
    "Statement",
    "TimeOf",
    "Timed",
    "history_of",
    "may_meet",
    "parse_over_time",
]

COURSES: Mapping[str, str] = {**NAMES, "weight": "weight", "news-score": "news"}
"""Concept key of a measurement whose course rules may ask for, to its name in the rules."""

_UNITS: Mapping[str, str] = {
    "minutes": "min", "hours": "h", "days": "d", "weeks": "wk", "months": "mo", "years": "a",
}  # fmt: skip
_TIME = r"(?P<amount>[0-9.]+) (?P<unit>minutes|hours|days|weeks|months|years)"
_SIGN = r"(?P<sign><=|>=|<|>)"
_OF_TIME = re.compile(rf"(?P<names>[a-z0-9|-]+) (?P<verb>lasts|began){_SIGN}{_TIME}")
_OF_VALUES = re.compile(
    rf"(?P<name>[a-z0-9-]+) (?P<verb>rises|falls)(?P<sign>>=|>)(?P<by>[0-9.]+)(?P<percent>%)?(?: in {_TIME})?"
)
_FORMS = (
    "'cough lasts>=3 weeks', 'stroke began<4.5 hours', 'creatinine rises>=50% in 7 days', 'hemoglobin falls>=2'"
)
_STAY_IS_OVER = frozenset({DocumentKind.DISCHARGE_SUMMARY, DocumentKind.OPERATION_NOTE})
_MOST = 60
"""The number of values, the last ones, in which a change is looked for."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A value in the unit of the rules.

    Attributes:
        place: Its place in time; of two with one place it is not known which came first.
        hours_ago: Before the note, `None` where that is not known.
        fact: The id of its fact.
        current: Whether no value of a later day has replaced it.
    """

    place: int
    value: Decimal
    hours_ago: Decimal | None
    fact: str
    current: bool = True


Course = Sequence[Timed]
"""Values of one measurement that can be placed in time, the earliest first."""

Times = Mapping[str, Sequence[tuple[Quantity, str]]]
"""A concept to times of its facts, each with the fact's id."""


@dataclass(frozen=True, slots=True)
class History:
    """The times in a record.

    Attributes:
        lasts: How long findings last.
        began: How long ago they began.
        courses: Name of a measurement to its courses.
    """

    lasts: Times = field(default_factory=dict)
    began: Times = field(default_factory=dict)
    courses: Mapping[str, Sequence[Course]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimeOf:
    """The duration of one of some findings, or the time since it began."""

    names: frozenset[str]
    verb: str
    sign: str
    limit: Quantity

    def match(self, history: History) -> tuple[str, ...] | None:
        """Ids of the facts with which it holds, or `None`."""
        times = history.lasts if self.verb == "lasts" else history.began
        found = [
            fact
            for name in sorted(self.names)
            for time, fact in times.get(name, ())
            if may_meet(time, self.sign, self.limit)
        ]
        return tuple(found) or None


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of a current value of a measurement from an earlier one."""

    name: str
    verb: str
    sign: str
    by: Decimal
    percent: bool
    within: Quantity | None

    def match(self, history: History) -> tuple[str, ...] | None:
        """Ids of the earlier and the later value that differ most, or `None`."""
        found = [pair for course in history.courses.get(self.name, ()) for pair in self._pairs(course)]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _pairs(self, course: Course) -> Iterator[tuple[Decimal, tuple[str, str]]]:
        for after in (one for one in course if one.current):
            for before in (one for one in course if one.place < after.place):
                change = after.value - before.value if self.verb == "rises" else before.value - after.value
                if self.percent:
                    change = 100 * change / before.value if before.value else Decimal(0)
                if COMPARE[self.sign](change, self.by) and self._is_within(before.hours_ago, after.hours_ago):
                    yield change, (before.fact, after.fact)

    def _is_within(self, before: Decimal | None, after: Decimal | None) -> bool:
        limit = self.within.hours if self.within else None
        return limit is None or before is None or after is None or before - after <= limit


Statement = TimeOf | Change


def parse_over_time(text: str) -> tuple[Statement, ...]:
    """Read the column `over_time`.

    Raises:
        ValueError: A statement has none of the forms; the message shows them.
    """
    return tuple(_statement(one) for one in text.split(", ") if one)


def _statement(text: str) -> Statement:
    if found := _OF_TIME.fullmatch(text):
        return TimeOf(frozenset(found["names"].split("|")), found["verb"], found["sign"], _quantity(found))
    if found := _OF_VALUES.fullmatch(text):
        return Change(
            name=found["name"],
            verb=found["verb"],
            sign=found["sign"],
            by=Decimal(found["by"]),
            percent=found["percent"] is not None,
            within=_quantity(found) if found["amount"] else None,
        )
    raise ValueError(f"{text!r} says nothing of time; the forms are {_FORMS}")


def _quantity(found: re.Match[str]) -> Quantity:
    return Quantity(value=Decimal(found["amount"]), unit=_UNITS[found["unit"]])


def may_meet(time: Quantity, sign: str, limit: Quantity) -> bool:
    """True if a time in a note may meet a limit.

    Of "this morning" only the upper end is known, under a day: it may be within 4.5 hours, and shows no long
    duration. "Over 5 minutes" is little more than that, not any time above it.
    """
    told, bound = time.hours, limit.hours
    if told is None or bound is None:
        return False
    if time.comparator in ("<", "<="):
        return sign in ("<", "<=")
    if time.comparator == ">":
        return told >= bound if sign in (">", ">=") else told < bound
    return COMPARE[sign](told, bound)


def history_of(record: ClinicalRecord, counted: Iterable[Fact]) -> History:
    """Return the times in a record: of the findings that count, and of all measurements.

    Args:
        record: For its measurements, those of earlier days among them.
        counted: The facts that count.
    """
    lasts: dict[str, list[tuple[Quantity, str]]] = defaultdict(list)
    began: dict[str, list[tuple[Quantity, str]]] = defaultdict(list)
    for fact in counted:
        if fact.concept is None:
            continue
        if fact.lasted is not None:
            lasts[fact.concept].append((fact.lasted, fact.id))
        if fact.onset is not None and fact.onset.ago is not None:
            began[fact.concept].append((fact.onset.ago, fact.id))
    courses: dict[str, list[Course]] = defaultdict(list)
    measured: dict[str, list[Fact]] = defaultdict(list)
    for fact in record.of_kind(FactKind.VITAL, FactKind.LAB):
        # A stay that is over asks for nothing today.
        if fact.concept in COURSES and record.kinds.get(fact.evidence.document) not in _STAY_IS_OVER:
            measured[str(fact.concept)].append(fact)
    for concept, facts in measured.items():
        if len(facts) > 1:
            courses[COURSES[concept]] += _courses(record, concept, facts)
    return History(lasts, began, courses)


def _courses(record: ClinicalRecord, concept: str, facts: Sequence[Fact]) -> Iterator[Course]:
    """The values in their known order, and those of earlier days before those of the note's day.

    The second holds values that the first cannot place among those of the day.
    """
    name, known = COURSES[concept], {fact.id: fact for fact in facts}
    placed = [(one.place, known[one.fact]) for one in trend(record, concept) if one.fact in known]
    yield _course(name, placed, record.visited)
    if len({fact.evidence.document for fact in facts}) == 1:
        stated = (fact for fact in facts if fact.assertion in (Assertion.PRESENT, Assertion.HISTORICAL))
        yield _course(name, [(int(fact.measured is None), fact) for fact in stated], record.visited)


def _course(name: str, placed: Sequence[tuple[int, Fact]], visited: str | None) -> Course:
    return tuple(
        Timed(place, value, _hours_ago(fact, visited), fact.id, fact.assertion is Assertion.PRESENT)
        for place, fact in placed[-_MOST:]
        if fact.quantity is not None and (value := value_of(name, fact.quantity)) is not None
    )


def _hours_ago(fact: Fact, visited: str | None) -> Decimal | None:
    when = fact.measured
    if when is None:
        return Decimal(0)
    if visited is not None and when.date is not None and len(when.date) == len(visited):
        return Decimal((date.fromisoformat(visited) - date.fromisoformat(when.date)).days * 24)
    return when.ago.hours if when.ago is not None else None
