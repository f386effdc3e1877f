"""The search for the tables' concepts in a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bedside.tools.terminology.concepts import Concept, concepts, further_concepts
from bedside.tools.terminology.phrases import PhraseIndex, normalize, tokenize
from bedside.tools.terminology.spelling import Speller

__all__ = ["Match", "find_concepts"]


@dataclass(frozen=True, slots=True)
class Match:
    """A name of a concept in a text: `text[start:end]`."""

    start: int
    end: int
    concept: Concept


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[Concept]:
    # A name that a curated table has is that table's alone, whatever a public list makes of it.
    curated = {_form(name) for concept in concepts() for name in concept.names}
    known = ((name, concept) for concept in concepts() for name in concept.names)
    further = ((name, concept) for concept in further_concepts() for name in concept.names)
    return PhraseIndex([*known, *(entry for entry in further if _form(entry[0]) not in curated)])


def _form(name: str) -> str:
    return " ".join(normalize(token.text) for token in tokenize(name))


@lru_cache(maxsize=1)
def _speller() -> Speller:
    known = (*concepts(), *further_concepts())
    return Speller({token.text for concept in known for name in concept.names for token in tokenize(name)})


def find_concepts(text: str) -> Iterable[Match]:
    """The concepts that a text names, longest names first, from left to right.

    Words are compared without regard to case, plural s, hyphens and accents; an abbreviation of at most three
    letters has to stand in capitals. A name that two tables share ("iron") gives a match for each, with the same
    characters; otherwise matches do not overlap. A word that no vocabulary knows is read as the nearest word of the
    tables, if there is one (see `Speller`).
    """
    tokens = _speller().mend(text, tokenize(text))
    for span in _index().find(text, tokens):
        for concept in span.values:
            yield Match(span.start, span.end, concept)
