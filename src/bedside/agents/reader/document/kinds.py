"""The kind of a document: by its title, its headings and its turns of phrase (`data/document_kinds.tsv`).

A rule of the table gives points to a kind; the kind with the most of them wins, if they are enough. The others are
told by their form: turns of a dialogue, rows of values, a line or two.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from bedside.agents.reader.dialogue.turns import is_dialogue
from bedside.agents.reader.tables import rows
from bedside.records import DocumentKind

__all__ = ["KindRule", "is_sure", "kind_of_document", "kind_rules"]

_HEAD = 400
"""The first characters of a text in which a title may be."""
_MOST = 10_000
_COUNTED = 3
"""The most times that a rule counts: one phrase that comes again and again makes no document."""
_ENOUGH = {DocumentKind.LEAFLET: 6, DocumentKind.ADMINISTRATIVE_TEXT: 5, DocumentKind.VISIT_NOTE: 2}
_USUALLY = 4
_SHORT = 500
"""Characters of a triage line, or of a question to an office, at most."""
_VALUE = re.compile(r"^\W*[A-Za-z][^\n:|]{1,50}?[:|\s]\s*[<>]?\d+(?:[.,]\d+)?\s*(?:\S{1,12})?(?:\s.*\d.*)?$")
_ROWS = 4


@dataclass(frozen=True, slots=True)
class KindRule:
    """One row of the table.

    Attributes:
        id: Names the rule.
        kind: To which its points go.
        in_head: Whether only the head of the text is looked at.
        weight: Points of one occurrence; what speaks against a kind has them below zero.
        words: Of these one, in small letters, is in every text with it, if there are any: looked for first.
        example: A text in which it is found.
        near_miss: A text in which it is not.
    """

    id: str
    kind: DocumentKind
    in_head: bool
    weight: int
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    example: str
    near_miss: str

    def points(self, text: str, lowered: str) -> int:
        """Return the points that the rule gives its kind for this text, given unchanged and in small letters."""
        if self.words and not any(word in lowered for word in self.words):
            return 0
        found = self.pattern.finditer(text[:_HEAD] if self.in_head else text)
        return self.weight * sum(1 for _, _ in zip(range(_COUNTED), found, strict=False))


@cache
def kind_rules() -> tuple[KindRule, ...]:
    """The rules, in the order of the table: of two kinds with as many points the earlier one wins."""
    return tuple(
        KindRule(
            row["id"],
            DocumentKind(row["kind"]),
            row["where"] == "head",
            int(row["weight"]),
            tuple(row["words"].split("|")) if row["words"] else (),
            re.compile(row["pattern"], re.IGNORECASE | re.MULTILINE),
            row["example"].replace("\\n", "\n"),
            row["near_miss"],
        )
        for row in rows("document_kinds")
    )


def kind_of_document(text: str) -> DocumentKind:
    """The kind of a document, by its first 10,000 characters. It never raises."""
    if is_dialogue(text):
        return DocumentKind.DIALOGUE
    text = text[:_MOST]
    points = _points(text)
    if len(text) > _SHORT:
        points[DocumentKind.ADMINISTRATIVE_QUESTION] = 0
    enough = [kind for kind, count in points.items() if count >= _ENOUGH.get(kind, _USUALLY)]
    if enough:
        return max(enough, key=lambda kind: points[kind])
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) >= _ROWS and sum(_VALUE.match(line) is not None for line in lines) > 0.7 * len(lines):
        return DocumentKind.LABORATORY_REPORT
    return DocumentKind.TRIAGE_LINE if len(text) <= _SHORT else DocumentKind.VISIT_NOTE


_SURE = {DocumentKind.DISCHARGE_SUMMARY: 6, DocumentKind.OPERATION_NOTE: 6}
"""Points from which on a kind may say that what a text tells is over: a title alone does not."""


def is_sure(text: str, kind: DocumentKind) -> bool:
    """True if a text has more of its kind than its title, where that kind takes something from its facts."""
    return kind not in _SURE or _points(text[:_MOST])[kind] >= _SURE[kind]


def _points(text: str) -> Counter[DocumentKind]:
    points: Counter[DocumentKind] = Counter()
    lowered = text.lower()
    for rule in kind_rules():
        points[rule.kind] += rule.points(text, lowered)
    return points
