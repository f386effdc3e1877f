"""Observation charts: a line of names over lines of numbers, or a line of times over a line of numbers each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator, Sequence
from decimal import Decimal

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.extract.values import decimal
from bedside.tools.terminology import Concept, Domain, concept

__all__ = ["Cell", "read_charts"]

Cell = tuple[Concept, Decimal, int, int, str | None]
"""A cell: its measurement, its value, the place of its characters, and the day or time of its column."""

# A bar, a tab or a gap parts two cells; in a chart with single blanks each word is a cell.
_WIDE = re.compile(r"[^\s|](?:[^\t|\n]*?[^\s|])??(?=[ ]{2,}|[ ]*[\t|]|\s*\Z)")
_NARROW = re.compile(r"[^\s|]+")
_RULE = re.compile(r"[\s|:+=-]*\Z")
_TIME = re.compile(r"(?:\d{1,2}[:.]\d\d|\d{4})(?:\s?(?:h|hrs?|am|pm))?\Z", re.I)
# A day at the head of a column: "12/03", "5-Mar-26", "Day 2", "Admission".
_DAY = re.compile(
    r"(?:\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}([.-])\d{1,2}\1\d{2,4}|\d{4}-\d\d-\d\d"
    r"|\d{1,2}[ -]?[A-Z][a-z]{2,8}(?:[ -]\d{2,4})?"
    r"|(?:day|D|POD)\s?\d{1,2}|(?:on\s+)?(?:admission|discharge)|today|now|yesterday|baseline)\Z",
    re.I,
)
_MAY_HEAD = re.compile(
    r"\d[:.]?\d\d.*\d[:.]?\d\d|\d[/.-]\d|\d[ -]?[A-Z][a-z]{2}|(?i:day|admission|baseline|\bD\d|POD)"
)
"""The lines of times or of days; in other lines nothing else is looked for."""
_NUMBER = re.compile(r"(?P<value>\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|°?[CF])?[*!HL]?\Z")
_PRESSURE = re.compile(r"(?P<upper>\d{2,3})\s?/\s?(?P<lower>\d{2,3})[*!HL]?\Z")
_LEAST_NAMES = 3
_LEAST_TIMES = 2
_LONGEST_LINE = 300


def read_charts(note: Note) -> Iterator[Cell]:
    """Yield each cell of the charts of a note whose column or line names what it measures.

    A line belongs to a chart only where it has as many cells as the line above it has names or times: a missing
    cell would move all behind it.
    """
    names: list[Concept | None] = []
    times: list[str] | None = None
    split: re.Pattern[str] | None = None
    for start, end in _lines(note.text):
        line = note.text[start:end]
        if _RULE.match(line):
            continue
        header = _header(note, start, line)
        if header is not None:
            split, names = header
            times = None
            continue
        cells = _cells(split or _WIDE, line)
        if names and len(cells) == len(names):
            when = _when(line, cells, names)
            for known, (first, last) in zip(names, cells, strict=True):
                if known is not None:
                    yield from _measured(known, line, start, first, last, when)
            continue
        names = []
        times, split = yield from _by_time(note, start, line, times, split)


def _when(line: str, cells: list[tuple[int, int]], names: list[Concept | None]) -> str | None:
    """The time or day in a cell of a line, under a name that measures nothing."""
    heads = (line[first:last] for known, (first, last) in zip(names, cells, strict=True) if known is None)
    return next((head for head in heads if _TIME.match(head) or _DAY.match(head)), None)


def _by_time(
    note: Note, start: int, line: str, times: list[str] | None, split: re.Pattern[str] | None
) -> Generator[Cell, None, tuple[list[str] | None, re.Pattern[str] | None]]:
    """The values of a line that begins with its name; the line of times or days above tells how many there are."""
    if times is None and not _MAY_HEAD.search(line):
        return None, None
    for pattern in (_WIDE, _NARROW):
        heads = [line[first:last] for first, last in _cells(pattern, line)]
        told = [head for head in heads if _TIME.match(head) or _DAY.match(head)]
        if len(told) >= _LEAST_TIMES and len(told) >= len(heads) - 1:
            return list(told), pattern
    cells = _cells(split or _WIDE, line)
    if times is None or len(cells) != len(times) + 1:
        return None, None
    named = _named(note, start, start + len(line))
    known = next((one for at, to, one in named if at == start + cells[0][0]), None)
    for (first, last), day in zip(cells[1:], times, strict=True) if known is not None else []:
        assert known is not None
        yield from _measured(known, line, start, first, last, day)
    return times, split


def _header(note: Note, start: int, line: str) -> tuple[re.Pattern[str], list[Concept | None]] | None:
    """Return the split of a line of names, and the name of each cell."""
    named = _named(note, start, start + len(line))
    if len(named) < _LEAST_NAMES or re.search(r"(?<!\w)\d+(?!\w)", re.sub(r"(?i)\b[SO]p?O\s?2\b|\bO2\b", "", line)):
        return None
    for pattern in (_WIDE, _NARROW):
        cells = _cells(pattern, line)
        columns = [
            next((one for at, _, one in named if start + first <= at < start + last), None) for first, last in cells
        ]
        if sum(column is not None for column in columns) >= _LEAST_NAMES and len(columns) >= len(named):
            return pattern, columns
    return None


def _named(note: Note, start: int, end: int) -> list[tuple[int, int, Concept]]:
    """The vital signs and results that a line names, each once."""
    found: dict[int, tuple[int, int, Concept]] = {}
    for sentence in _sentences(note, start, end):
        for match in sentence.matches:
            if start <= match.start < end and match.concept.domain in (Domain.VITAL, Domain.LAB):
                found.setdefault(match.start, (match.start, match.end, match.concept))
    return list(found.values())


def _sentences(note: Note, start: int, end: int) -> Sequence[Sentence]:
    # They stand in order and do not overlap: a note of many lines is not gone through for each of them.
    first = bisect_right(note.sentences, start, key=lambda one: one.end)
    last = bisect_left(note.sentences, end, first, key=lambda one: one.start)
    return [one for one in note.sentences[first:last] if one.part is not Part.FAMILY]


def _measured(known: Concept, line: str, start: int, first: int, last: int, day: str | None) -> Iterator[Cell]:
    cell = line[first:last]
    pressure = _PRESSURE.match(cell)
    if known.key == "blood-pressure":
        if pressure is not None:
            for which, part in (("upper", "systolic"), ("lower", "diastolic")):
                of = concept(Domain.VITAL, f"{part}-blood-pressure")
                yield of, Decimal(pressure[which]), start + first, start + last, day
        return
    number = _NUMBER.match(cell)
    if number is not None and any(unit.plausible(decimal(number["value"])) for unit in known.units):
        yield known, decimal(number["value"]), start + first, start + last, day


def _cells(pattern: re.Pattern[str], line: str) -> list[tuple[int, int]]:
    return [found.span() for found in pattern.finditer(line)]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    for found in re.finditer(r"[^\n]+", text):
        # What is longer is prose.
        if found.end() - found.start() <= _LONGEST_LINE:
            yield found.span()
