"""Findings in two parts with anything between: "left arm has just gone limp", "brought up what looked like blood".

No table of names can hold every order and every filler. `data/pairs.tsv` names the two parts, and how many words
may stand between them; a denial or the end of a clause between them ends the pair.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import Domain, Match, PhraseIndex, Span, Token, concept, tokenize
from bedside.tools.terminology.wordings import BETWEEN, merged, one_form

__all__ = ["with_pairs"]

_NAMED = (Domain.SYMPTOM, Domain.PROBLEM)
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


def with_pairs(text: str, tokens: list[Token], found: Sequence[Match]) -> list[Match]:
    """The matches with the pairs that no name of the tables says already; `tokens` are the words of the text."""
    named = _Spans((match.start, match.end) for match in found if match.concept.domain in _NAMED)
    pairs = [
        Match(first.start, second.end, concept(Domain.SYMPTOM, key))
        for key, first, second in _pairs(text, tokens)
        if not (named.say_more_than(first.start, first.end) or named.say_more_than(second.start, second.end))
    ]
    paired = _Spans((pair.start, pair.end) for pair in pairs)
    kept = [m for m in found if m.concept.domain not in _NAMED or not paired.hold(m.start, m.end)]
    return sorted([*kept, *pairs], key=lambda match: (match.start, match.end))


class _Spans:
    """Spans of a text, with lookups whose time hardly grows with their number."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._farthest = list(accumulate((end for _, end in ordered), max))

    def hold(self, start: int, end: int) -> bool:
        """True if one of them has this span in it."""
        return self._end_from(bisect_right(self._starts, start)) >= end

    def say_more_than(self, start: int, end: int) -> bool:
        """True if one of them has this span in it and is longer."""
        longer_before = self._end_from(bisect_left(self._starts, start)) >= end
        return longer_before or self._end_from(bisect_right(self._starts, start)) > end

    def _end_from(self, count: int) -> int:
        """Return the reach of the first of them."""
        return self._farthest[count - 1] if count else -1


def _pairs(text: str, tokens: list[Token]) -> Iterator[tuple[str, Span[_Part], Span[_Part]]]:
    spans = list(_index().find(text, list(merged(tokens))))
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
