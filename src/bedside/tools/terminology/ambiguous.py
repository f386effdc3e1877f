"""Ambiguous abbreviations ("MS", "RA", "PE"): their possible meanings, and whether the text settles the meaning.

The table names for each meaning the words that go with it. A meaning is settled where words beside the abbreviation
speak for it alone; where none speaks, or words speak for two, the abbreviation stays open and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bedside.tables import table_rows
from bedside.tools.terminology.concepts import Concept, Domain, concept
from bedside.tools.terminology.phrases import PhraseIndex

__all__ = ["Meaning", "Senses", "find_ambiguous", "senses"]

# A clue may be so far away, in the same sentence or item; a full stop or an empty line ends its reach.
_REACH = 90
_END = re.compile(r"[.;!?](?=\s)|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]|[A-Z][A-Za-z ]{2,30}:))")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of an abbreviation.

    Attributes:
        display: The words in full.
        concept: The concept of the curated tables, or `None` where no table has it ("room air", "bowel sounds").
    """

    display: str
    concept: Concept | None


@dataclass(frozen=True, slots=True)
class Senses:
    """An abbreviation of a text, `text[start:end]`, and its possible meanings there.

    Attributes:
        abbreviation: The abbreviation as the table writes it.
        meanings: All that it can mean.
        settled: The meaning that the words beside it speak for, or `None`: ambiguous.
        reason: Why, in words of the table and never of the text.
    """

    start: int
    end: int
    abbreviation: str
    meanings: tuple[Meaning, ...]
    settled: Meaning | None
    reason: str

    @property
    def ambiguous(self) -> bool:
        """True if the text leaves the meaning open."""
        return self.settled is None


@dataclass(frozen=True, slots=True)
class _Entry:
    meanings: tuple[Meaning, ...]
    clues: PhraseIndex[tuple[int, str]]


def senses(text: str, start: int, end: int) -> Senses | None:
    """Return the possible meanings of the abbreviation `text[start:end]`, or `None` if it is not in the table.

    Args:
        text: The whole text; clues are looked for around the abbreviation.
        start: Offset of its first character.
        end: Offset after its last character.
    """
    entry = _table().get(text[start:end])
    if entry is None:
        return None
    spoken: dict[int, str] = {}
    for first, last in _around(text, start, end):
        for span in entry.clues.find(text[first:last]):
            for at, clue in span.values:
                spoken.setdefault(at, clue)
    settled = None
    if len(spoken) == 1:
        ((at, clue),) = spoken.items()
        settled = entry.meanings[at]
        reason = f"{clue!r} beside it speaks for {settled.display}"
    elif spoken:
        sides = " and ".join(f"{clue!r} for {entry.meanings[at].display}" for at, clue in sorted(spoken.items()))
        reason = f"words beside it speak for more than one meaning: {sides}"
    else:
        reason = "nothing beside it speaks for one of its meanings"
    return Senses(start, end, text[start:end], entry.meanings, settled, reason)


def find_ambiguous(text: str) -> Iterator[Senses]:
    """Yield the ambiguous abbreviations of a text in capitals, from left to right."""
    for found in _pattern().finditer(text):
        known = senses(text, found.start(), found.end())
        if known is not None:
            yield known


def _around(text: str, start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the spans before and after the abbreviation in which a clue counts."""
    first = max(0, start - _REACH)
    ends = [found.end() for found in _END.finditer(text, first, start)]
    stop = _END.search(text, end, end + _REACH)
    return (ends[-1] if ends else first, start), (end, stop.start() if stop else end + _REACH)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(sorted(_table(), key=len, reverse=True))})(?![\w/-])")


@lru_cache(maxsize=1)
def _table() -> dict[str, _Entry]:
    rows = table_rows("bedside.tools.terminology", "ambiguous")
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["abbreviation"], []).append(row)
    return {abbreviation: _entry(known) for abbreviation, known in grouped.items()}


def _entry(rows: list[dict[str, str]]) -> _Entry:
    meanings = tuple(
        Meaning(row["meaning"], concept(Domain(row["domain"]), row["key"]) if row["key"] else None) for row in rows
    )
    clues = ((word, (at, word)) for at, row in enumerate(rows) for word in row["words"].split("|"))
    return _Entry(meanings, PhraseIndex(clues))
