"""The headed parts of a note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bedside.agents.reader.lexicon import KIN, tells_no_reaction
from bedside.agents.reader.tables import rows
from bedside.tools.terminology import Domain, find_concepts

__all__ = ["Part", "Section", "split_sections"]


class Part(StrEnum):
    """The subject of a section of a note."""

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
    DIFFERENTIAL = "differential"
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
_BEFORE_INLINE = re.compile(r"(?:^|[.;,)\]|•\t]|\s{2}|\s/\s?)\s*\Z")
# And where a line holds the whole note, a capital letter after a blank is enough: "NKDA PMH: asthma Meds: …".
_CAPITAL = re.compile(r"[A-Z]")
# "Recreational Drugs:" is a heading of its own, that no table knows.
_LONGER_HEADING = re.compile(r"\b[A-Z][a-z]+ \Z")
# UK shorthand puts headings without a colon: "SH lives alone", "FH - father died of MI".
_BARE = re.compile(
    r"(PMHx?|PSHx?|DHx?|SHx?|FHx?|FMHx?|[Ff]am(?:ily)?[ ]?[Hh]x|Imp|O/E|HPI|HPC|ROS|NKDA?)[ \t]*"
    r"(?:[-–=][ \t]*|[ \t]+(?!of\b|or\b|and\b))"
)
# Sections that go on after a blank line although their text began beside the heading.
_LONG = frozenset({Part.ASSESSMENT, Part.PLAN, Part.HISTORY, Part.EXAM, Part.COMPLAINT, Part.REVIEW})
# Sections that end with their line where their text began beside the heading: a complaint on the next line is no
# allergy and no relative's. A bullet, a small letter or an indent goes on with the list.
_ONE_LINE = frozenset({Part.ALLERGIES, Part.FAMILY, Part.PAST, Part.SURGICAL, Part.SOCIAL, Part.IMMUNIZATIONS})
_MAY_BE_EMPTY = _ONE_LINE | {Part.MEDICATIONS}
_CONTINUES = re.compile(r"\s|[•*+–-]|\d{1,2}[.)]\s|[a-z]")


# The closing of a letter: what stands behind it signs, and belongs to no list above.
_CLOSING = re.compile(
    r"(?:^[ \t]*|(?<=[.!?;])[ \t]+)(?:yours\s+(?:sincerely|faithfully|truly|ever)"
    r"|(?:with\s+)?(?:kind(?:est)?|best|warm(?:est)?)\s+(?:regards|wishes)|(?:with\s+)?(?:many\s+)?thanks(?!\s+for\b)"
    r"|regards|sincerely)\b[ \t]*[,.]?",
    re.I,
)
_BULLET = re.compile(r"[ \t]*(?:[-–*•·+▪]|\d{1,2}[.)])[ \t]")
# A line that ends so goes on in the next one.
_UNFINISHED = re.compile(r"(?:[,:(/&–-]|\b(?:and|or|of|with|had|has|from|at|in|the|a))\Z", re.I)
_WRAPPED = 50
_EMPTY = re.compile(
    r"[\s*–-]{0,8}(?:none|nil|negative|non-?contributory|not\s+contributory|unremarkable|n/?a|nothing)"
    r"(?:\s(?:known|significant|of\snote|reported|recorded|relevant|stated)){0,3}[ \t]{0,8}(?:[.,;\n]|[–-]\s)",
    re.I,
)


@lru_cache(maxsize=1)
def _headings() -> Mapping[str, Part]:
    return {row["heading"]: Part(row["section"]) for row in rows("headings")}


def is_heading(text: str) -> bool:
    """True if these words are a heading of a note and nothing else: "FH", "Plan:"."""
    return _lookup(text) is not None


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
    inline = blank = bulleted = False
    current = Part.UNHEADED
    depth, before, kin = 0, "", False
    for line in _LINE.finditer(text):
        if not line.group().strip():
            if inline and line.start() < line.end():
                yield line.start(), line.end(), Part.UNHEADED
                current = Part.UNHEADED
            inline, blank = False, True
            continue
        closings = [(*closing.span(), Part.UNHEADED) for closing in _CLOSING.finditer(line.group())]
        found = sorted([*_line_headings(line.group()), *closings])
        level = _depth(line.group())
        if not found and (
            (inline and current in _ONE_LINE and not _CONTINUES.match(line.group()))
            or _speaks_of_today(line.group(), before, current, inline=inline, bulleted=bulleted, kin=kin)
            or ((blank or 0 < level <= depth) and current not in _LONG and _is_unknown_heading(line.group()))
        ):
            yield line.start(), line.start(), Part.UNHEADED
            current, inline = Part.UNHEADED, False
        blank, before = False, line.group()[found[-1][1] if found else 0 :].rstrip()
        kin = (kin and not found) or KIN.search(before) is not None
        bulleted = not found and _BULLET.match(line.group()) is not None
        depth = level if found else depth
        for start, end, part in found:
            current = part
            beside = bool(line.group()[end : end + _LONGEST_HEADING].strip())
            inline = beside and part not in _LONG
            yield line.start() + start, line.start() + end, part
            empty = _EMPTY.match(text, line.start() + end) if part in _MAY_BE_EMPTY else None
            if empty is not None and not any(end < other <= empty.end() - line.start() for other, _, _ in found):
                # "FH: none, chest pain since noon": a list of nothing is over.
                yield empty.end(), empty.end(), Part.UNHEADED
                current, inline = Part.UNHEADED, False


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
        if part is None:
            continue
        capital = _CAPITAL.match(line, start) is not None and line[start - 1] == " "
        if (capital and not _LONGER_HEADING.search(line, max(0, start - 30), start)) or _BEFORE_INLINE.search(
            line[max(0, start - 4) : start]
        ):
            return start, part
    return None


def _depth(line: str) -> int:
    """Return the depth of a marked heading: its number signs."""
    return len(line) - len(line.lstrip("#"))


def _speaks_of_today(line: str, before: str, current: Part, *, inline: bool, bulleted: bool, kin: bool) -> bool:
    """True if a line inside a short section names a complaint that cannot belong to it.

    A line that the one before it leaves open still belongs to that one.
    """
    unfinished = _UNFINISHED.search(before) is not None or (line[:1].islower() and len(before) > _WRAPPED)
    if current not in _ONE_LINE or unfinished or _BULLET.match(line):
        return False
    found = list(find_concepts(line))
    symptom = any(match.concept.domain is Domain.SYMPTOM for match in found)
    if current is Part.FAMILY:
        vital = any(match.concept.domain is Domain.VITAL for match in found) and re.search(r"\d", line)
        return (symptom or bool(vital)) and KIN.search(line) is None and kin
    if current is Part.IMMUNIZATIONS:
        return symptom and not any(match.concept.domain is Domain.IMMUNIZATION for match in found)
    if current is Part.ALLERGIES:
        return inline and symptom and line[:1].islower() and tells_no_reaction(line, found)
    event = any(match.concept.event and match.concept.domain is Domain.SYMPTOM for match in found)
    return current in (Part.PAST, Part.SURGICAL) and event and (bulleted or (inline and line[:1].islower()))


def _is_unknown_heading(line: str) -> bool:
    line = line.strip()
    marked = line.startswith(("#", "**")) or (line.endswith(":") and len(line.split()) <= 5)
    capitals = line.isupper() and len(line.split()) > 1 and not re.search(r"\d", line)
    return len(line) <= _LONGEST_HEADING and (marked or capitals) and not list(find_concepts(line))


def _is_title(line: str) -> bool:
    """True if a line without a colon reads as a heading: a longer phrase, capitalised, no full stop."""
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
