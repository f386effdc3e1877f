"""The headed parts of a note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import find_concepts

__all__ = ["Part", "Section", "split_sections"]


class Part(StrEnum):
    """What a section of a note is about."""

    UNHEADED = "unheaded"
    COMPLAINT = "complaint"
    HISTORY = "history"
    PAST = "past"
    SURGICAL = "surgical"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    FAMILY = "family"
    SOCIAL = "social"
    REVIEW = "review"
    EXAM = "exam"
    VITALS = "vitals"
    RESULTS = "results"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    CONCERNS = "concerns"
    INSTRUCTIONS = "instructions"
    IMMUNIZATIONS = "immunizations"


@dataclass(frozen=True, slots=True)
class Section:
    """The body of a section: `text[start:end]`, without its heading."""

    part: Part
    start: int
    end: int


_LINE = re.compile(r"[^\n]*\n?")
_MARKS = re.compile(r"[ \t>#*•·▪_\-–]*(?:\d{1,2}[.)][ \t]+)?[*_]*")
_COLON = re.compile(r"[:：]")
_LONGEST_HEADING = 45
# A heading inside a line begins the line or follows the end of a sentence or item.
_BEFORE_INLINE = re.compile(r"(?:^|[.;,)\]|•\t]|\s{2})\s*\Z")
# UK shorthand puts headings without a colon: "SH lives alone", "FH - father died of MI".
_BARE = re.compile(
    r"(PMHx?|PSHx?|DHx?|SHx?|FHx?|Imp|O/E|HPI|HPC|ROS|NKDA?)[ \t]*(?:[-–=][ \t]*|[ \t]+(?!of\b|or\b|and\b))"
)
# Sections that go on after a blank line although their text began beside the heading.
_LONG = frozenset({Part.ASSESSMENT, Part.PLAN, Part.HISTORY, Part.EXAM, Part.COMPLAINT, Part.REVIEW})
# Sections that end with their line where their text began beside the heading: a complaint on the next line is no
# allergy and no relative's. A bullet, a small letter or an indent goes on with the list.
_ONE_LINE = frozenset({Part.ALLERGIES, Part.FAMILY, Part.PAST, Part.SURGICAL, Part.SOCIAL, Part.IMMUNIZATIONS})
_CONTINUES = re.compile(r"\s|[•*+–-]|\d{1,2}[.)]\s|[a-z]")


@lru_cache(maxsize=1)
def _headings() -> Mapping[str, Part]:
    return {row["heading"]: Part(row["section"]) for row in rows("headings")}


def split_sections(text: str) -> list[Section]:
    """Cut a note at its headings. The sections cover the note except the headings, in order."""
    cuts = list(_cuts(text))
    sections = []
    part, start = Part.UNHEADED, 0
    for heading_start, heading_end, following in [*cuts, (len(text), len(text), Part.UNHEADED)]:
        if start < heading_start:
            sections.append(Section(part, start, heading_start))
        part, start = following, heading_end
    return sections


def _cuts(text: str) -> Iterator[tuple[int, int, Part]]:
    """Yield start, end and part of each heading; what ends a short section is a heading of nothing.

    A blank line ends a section whose text began beside its heading, and a heading that no table knows ends any
    short one: what stands under "ED COURSE" is no past history.
    """
    inline = blank = False
    current = Part.UNHEADED
    for line in _LINE.finditer(text):
        if not line.group().strip():
            if inline and line.start() < line.end():
                yield line.start(), line.end(), Part.UNHEADED
                current = Part.UNHEADED
            inline, blank = False, True
            continue
        found = list(_line_headings(line.group()))
        if inline and not found and current in _ONE_LINE and not _CONTINUES.match(line.group()):
            yield line.start(), line.start(), Part.UNHEADED
            current, inline = Part.UNHEADED, False
        if not found and blank and current not in _LONG and _is_unknown_heading(line.group()):
            yield line.start(), line.start(), Part.UNHEADED
            current = Part.UNHEADED
        blank = False
        for start, end, part in found:
            current = part
            beside = bool(line.group()[end : end + _LONGEST_HEADING].strip())
            inline = beside and part not in _LONG
            yield line.start() + start, line.start() + end, part


def _line_headings(line: str) -> Iterator[tuple[int, int, Part]]:
    marks = _MARKS.match(line)
    body = marks.end() if marks else 0
    whole = _lookup(line[body:]) if len(line) - body <= _LONGEST_HEADING else None
    if whole is not None and (":" in line or _is_title(line[body:])):
        yield 0, len(line), whole
        return
    bare = _BARE.match(line, body)
    if bare and ":" not in line[bare.start() : bare.end() + 1] and (part := _lookup(bare[1])) is not None:
        yield bare.start(), bare.end(), part
    for colon in _COLON.finditer(line):
        found = _before_colon(line, body, colon.start())
        if found is not None:
            yield found[0], colon.end(), found[1]


def _before_colon(line: str, body: int, colon: int) -> tuple[int, Part] | None:
    """The longest known heading that ends at a colon."""
    low = max(body, colon - _LONGEST_HEADING)
    if low == body and (part := _lookup(line[body:colon])) is not None:
        return 0, part
    for start in range(low + 1, colon):
        if line[start - 1].isalnum() or not line[start].isalpha():
            continue
        part = _headings().get(_key(line[start:colon]))
        if part is not None and _BEFORE_INLINE.search(line[max(0, start - 4) : start]):
            return start, part
    return None


def _is_unknown_heading(line: str) -> bool:
    line = line.strip()
    marked = line.startswith(("#", "**")) or (line.endswith(":") and len(line.split()) <= 5)
    capitals = line.isupper() and len(line.split()) > 1 and not re.search(r"\d", line)
    return len(line) <= _LONGEST_HEADING and (marked or capitals) and not list(find_concepts(line))


def _is_title(line: str) -> bool:
    """Whether a line without a colon reads as a heading: a longer phrase, capitalised, no full stop."""
    line = line.strip(" \t\r\n*_#")
    return len(line) > 2 and line[0].isupper() and not line.endswith(".")


def _lookup(heading: str) -> Part | None:
    key = _key(heading)
    found = _headings().get(key)
    if found is None:
        parts = [_headings().get(part.strip()) for part in re.split(r" and |&|/", key)]
        found = parts[0] if len(parts) > 1 and None not in parts else None
    return found


def _key(heading: str) -> str:
    return " ".join(heading.strip(" \t\r\n:*_#-–.").lower().split())
