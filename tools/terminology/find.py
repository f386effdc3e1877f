"""The search for the tables' concepts in a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bedside.tools.terminology.concepts import Concept, concepts, further_concepts
from bedside.tools.terminology.phrases import PhraseIndex, Token, tokenize
from bedside.tools.terminology.spelling import Speller
from bedside.tools.terminology.wordings import BETWEEN, SIDES, merged, one_form

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
    names = [*known, *(entry for entry in further if _form(entry[0]) not in curated)]
    return PhraseIndex(names, form=one_form, between=BETWEEN, added=SIDES, words=_words)


def _words(text: str) -> list[Token]:
    return list(merged(tokenize(text)))


def _form(name: str) -> str:
    first, *rest = (token.text for token in _words(name))
    # As in the index, small words count for nothing but at the ends.
    kept = [word for word in rest[:-1] if word not in BETWEEN]
    return " ".join(one_form(word) for word in (first, *kept, *rest[-1:]))


@lru_cache(maxsize=1)
def _speller() -> Speller:
    known = (*concepts(), *further_concepts())
    return Speller({token.text for concept in known for name in concept.names for token in tokenize(name)})


def find_concepts(text: str) -> Iterable[Match]:
    """The concepts that a text names, longest names first, from left to right.

    Words are compared without regard to case, plural s, hyphens and accents; an abbreviation of at most three
    letters has to stand in capitals. Forms of common verbs are one ("threw up", "throwing up"), so are "can't" and
    "unable to", and small words between those of a name count for nothing ("leg has gone cold"). A name that two
    tables share ("iron") gives a match for each, with the same characters; otherwise matches do not overlap. A word
    that no vocabulary knows is read as the nearest word of the tables, if there is one (see `Speller`).
    """
    tokens = list(merged(_speller().mend(text, tokenize(text))))
    for span in _index().find(text, tokens):
        for concept in span.values:
            yield Match(span.start, span.end, concept)
