"""The search for the tables' concepts in a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bedside.tools.terminology.concepts import Concept, concepts, further_concepts
from bedside.tools.terminology.phrases import PhraseIndex

__all__ = ["Match", "find_concepts"]


@dataclass(frozen=True, slots=True)
class Match:
    """A name of a concept in a text: `text[start:end]`."""

    start: int
    end: int
    concept: Concept


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[Concept]:
    known = (*concepts(), *further_concepts())
    return PhraseIndex((name, concept) for concept in known for name in concept.names)


def find_concepts(text: str) -> Iterable[Match]:
    """The concepts that a text names, longest names first, from left to right.

    Words are compared without regard to case, plural s, hyphens and accents; an abbreviation of at most three
    letters has to stand in capitals. A name that two tables share ("iron") gives a match for each, with the same
    characters; otherwise matches do not overlap.
    """
    for span in _index().find(text):
        for concept in span.values:
            yield Match(span.start, span.end, concept)
