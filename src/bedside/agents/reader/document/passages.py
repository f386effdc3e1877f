"""The passages of a document by their headings, as its kind has them (`data/passages.tsv`); no medicine.

A passage begins at a label ("Hospital course: …", "On discharge: …") and goes on to the next label of its kind, the
next line that begins with any label, or a blank line. A label without a colon speaks for its sentence alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bedside.agents.reader.tables import rows
from bedside.records import DocumentKind

__all__ = ["Passage", "PassageRule", "passage_rules", "passages", "role_at"]

# Where a statement begins: a line, or a sentence inside it.
_STARTS = re.compile(r"(?:\A|\n)[ \t]*(?:[-*•#]|\d{1,2}[.)])?[ \t*_#]*(?=\S)|(?<=[A-Za-z0-9%)][.;])[ ]+(?=[A-Z])")
_ANY_LABEL = re.compile(r"[A-Z][A-Za-z][\w /()&+,-]{0,45}:(?!\d)|[A-Z][A-Z /&-]{4,40}[ \t]*(?=\n|\Z)")
_LABEL_ENDS = re.compile(r"[\w ()/-]{0,25}?(?P<colon>[ \t]*[:–](?!\d)|[ \t]+-[ \t]|[ \t*_]*(?=\n|\Z))")


_REST_OF_LINE = re.compile(r"[ \t*_]*(?:\n|\Z)")
_FULL_LINE = 60


@dataclass(frozen=True, slots=True)
class Passage:
    """The characters `start` to `end` of a text, and what they are for."""

    start: int
    end: int
    role: str


@dataclass(frozen=True, slots=True)
class PassageRule:
    """One row of the table.

    Attributes:
        role: What a passage with this label is for.
        pattern: The label, at the beginning of a line or sentence.
        example: A text that begins with it.
        near_miss: A text that does not.
    """

    id: str
    kind: DocumentKind
    role: str
    pattern: re.Pattern[str]
    example: str
    near_miss: str


@cache
def passage_rules() -> tuple[PassageRule, ...]:
    """The rules in the order of the table; the first that fits a label has it."""
    return tuple(
        PassageRule(
            row["id"],
            DocumentKind(row["kind"]),
            row["role"],
            re.compile(row["pattern"], re.IGNORECASE),
            row["example"],
            row["near_miss"],
        )
        for row in rows("passages")
    )


def passages(text: str, kind: DocumentKind) -> list[Passage]:
    """The passages of a document of this kind, in order; what no label heads has the role ``""``."""
    rules = [rule for rule in passage_rules() if rule.kind is kind]
    found: list[tuple[int, str]] = [(0, "")]
    carried, inline = "", False
    for start, begins_line in _statements(text):
        if begins_line and (_is_after_blank(text, start) or (inline and not _goes_on(text, start))):
            carried = ""
        rule = next((one for one in rules if one.pattern.match(text, start)), None)
        if rule is not None:
            label = rule.pattern.match(text, start)
            assert label is not None
            if (end := _LABEL_ENDS.match(text, label.end())) is not None:
                carried, inline = rule.role, _REST_OF_LINE.match(text, end.end()) is None
            found.append((start, rule.role))
            continue
        if begins_line and _ANY_LABEL.match(text, start):
            carried = ""
        found.append((start, carried))
    ends = [start for start, _ in found[1:]] + [len(text)]
    return [Passage(start, end, role) for (start, role), end in zip(found, ends, strict=True)]


def role_at(found: Sequence[Passage], place: int) -> Passage:
    """The passage that holds a character."""
    return found[max(0, bisect_right(found, place, key=lambda one: one.start) - 1)]


def _is_after_blank(text: str, start: int) -> bool:
    return "\n\n" in re.sub(r"[ \t]", "", text[max(0, start - 8) : start])


def _goes_on(text: str, start: int) -> bool:
    """True if a line belongs to a label above that has words beside it: as an item, or after a full line."""
    before = text.rfind("\n", 0, start)
    line = text[text.rfind("\n", 0, before) + 1 : before] if before >= 0 else ""
    return (
        len(line) >= _FULL_LINE or re.match(r"\W*(?:[-*•]|\d{1,2}[.)])", text[before + 1 : before + 8]) is not None
    )


def _statements(text: str) -> Iterator[tuple[int, bool]]:
    """Return the beginning of each statement, and whether it begins a line."""
    for mark in _STARTS.finditer(text):
        yield mark.end(), mark.start() == 0 or "\n" in mark.group()
