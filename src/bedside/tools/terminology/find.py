"""The search for concepts of the tables in a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bedside.tools.terminology.concepts import Concept, concepts, further_concepts
from bedside.tools.terminology.phrases import WORD, PhraseIndex, Token, tokenize
from bedside.tools.terminology.spelling import Speller
from bedside.tools.terminology.wordings import BETWEEN, SIDES, begins_merged, merged, one_form

__all__ = ["Match", "find_concepts", "speller"]


@dataclass(frozen=True, slots=True)
class Match:
    """A name of a concept in a text: `text[start:end]`."""

    start: int
    end: int
    concept: Concept


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[Concept]:
    known = ((name, concept) for concept in concepts() for name in concept.names)
    further = ((name, concept) for concept in further_concepts() for name in concept.names)
    # A name that a curated table has is that table's alone, whatever a public list makes of it.
    return PhraseIndex(known, further, form=one_form, between=BETWEEN, added=SIDES, words=_words, first=_first_word)


def _words(text: str) -> list[Token]:
    return list(merged(tokenize(text)))


def _first_word(name: str) -> str:
    """Return the first of `_words(name)`, without reading the others where that makes no difference."""
    found = WORD.search(name)
    word = found.group() if found else ""
    return _words(name)[0].text if begins_merged(word) else word


@lru_cache(maxsize=1)
def speller() -> Speller:
    """Return the speller that corrects misspelled words of a note to those of the tables."""
    known = (*concepts(), *further_concepts())
    return Speller(word for concept in known for name in concept.names for word in WORD.findall(name))


def find_concepts(text: str, tokens: list[Token] | None = None) -> Iterable[Match]:
    """Yield the concepts named in a text, longest names first, from left to right.

    Words are compared without regard to case, plural s, hyphens and accents; an abbreviation of at most three
    letters has to be in capitals. Forms of common verbs are one ("threw up", "throwing up"), so are "can't" and
    "unable to", and small words between those of a name count for nothing ("leg has gone cold"). A name that two
    tables share ("iron") gives a match for each, with the same characters; otherwise matches do not overlap. A word
    that no vocabulary knows is read as the nearest word of the tables, if there is one (see `Speller`).

    Args:
        text: The text.
        tokens: Its words, where they are known already.
    """
    tokens = list(merged(speller().corrected(text, tokenize(text) if tokens is None else tokens)))
    for span in _index().find(text, tokens):
        for concept in span.values:
            yield Match(span.start, span.end, concept)
