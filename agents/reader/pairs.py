"""Findings in two parts with anything between: "left arm has just gone limp", "brought up what looked like blood".

No table of names can hold every order and every filler. `data/pairs.tsv` names the two parts, and how many words
may stand between them; a denial or the end of a clause between them ends the pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import Domain, Match, PhraseIndex, Span, concept, tokenize
from bedside.tools.terminology.wordings import BETWEEN, merged, one_form

__all__ = ["with_pairs"]

_FARTHEST = 8
"""Parts that are looked at after a first one."""

_ENDS = re.compile(
    r"[.;:!?\n()]|\b(?:no|not|nor|without|denies|denied|nil|never|but|if|normal|equal|unlikely)\b", re.I
)


@dataclass(frozen=True, slots=True)
class _Part:
    row: int
    role: str
    key: str
    between: int


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[_Part]:
    parts = (
        (phrase, _Part(number, role, row["concept"], int(row["between"])))
        for number, row in enumerate(rows("pairs"))
        for role in ("one", "other")
        for phrase in row[role].split("|")
    )
    return PhraseIndex(parts, form=one_form, between=BETWEEN, words=lambda text: list(merged(tokenize(text))))


def with_pairs(text: str, found: Sequence[Match]) -> list[Match]:
    """The matches with the pairs that no name of the tables says already."""
    named = [match for match in found if match.concept.domain in (Domain.SYMPTOM, Domain.PROBLEM)]
    paired = [
        Match(first.start, second.end, concept(Domain.SYMPTOM, key))
        for key, first, second in _pairs(text)
        if not any(_uses(match, part) for match in named for part in (first, second))
    ]
    kept = [match for match in found if match not in named or not any(_inside(match, pair) for pair in paired)]
    return sorted([*kept, *paired], key=lambda match: (match.start, match.end))


def _pairs(text: str) -> Iterator[tuple[str, Span[_Part], Span[_Part]]]:
    spans = list(_index().find(text))
    taken: dict[str, int] = {}
    for at, first in enumerate(spans):
        for second in spans[at + 1 : at + 1 + _FARTHEST]:
            between = text[first.end : second.start]
            if _ENDS.search(between):
                break
            for key, role in _of_one_row(first, second, len(between.replace(",", " ").split())):
                # "Foot cold, white and painful" goes on over its comma; "sore throat, chest clear" does not.
                if taken.get(key, -1) <= first.start and ("," not in between or role == "one"):
                    taken[key] = second.end
                    yield key, first, second


def _of_one_row(first: Span[_Part], second: Span[_Part], words: int) -> Iterator[tuple[str, str]]:
    for one in first.values:
        for other in second.values:
            if one.row == other.row and one.role != other.role and words <= one.between:
                yield one.key, one.role


def _uses(match: Match, part: Span[_Part]) -> bool:
    """Whether a name of the tables has a part in it and says more than that part."""
    return match.start <= part.start and part.end <= match.end and match.end - match.start > part.end - part.start


def _inside(match: Match, pair: Match) -> bool:
    return pair.start <= match.start and match.end <= pair.end
