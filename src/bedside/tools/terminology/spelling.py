"""Correction of misspelled words in a note: "headches", "labrynthitis", "fexofenatidine"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from bedside.boundary import Vocabulary
from bedside.tools.terminology.phrases import Token, normalize

__all__ = ["Speller"]

_SHORTEST = 6
_LONG = 8
_TWO_SLIPS = 9
"""The length from which two slips are accepted; a shorter word with two could be another word."""


class Speller:
    """A speller that corrects words that no vocabulary knows to the nearest word of the tables.

    Only where exactly one is nearest, with the same first letter, and where it is hardly a name:
    it begins small, or it is long and begins its line or sentence.

    Args:
        words: The words of the tables' names; read when the first one is needed.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._given = words
        self._mended: dict[str, str | None] = {}

    @cached_property
    def _words(self) -> Mapping[tuple[str, int], set[str]]:
        # Most notes have no word that is looked for here: the words are sorted when one has.
        words: dict[tuple[str, int], set[str]] = defaultdict(set)
        for word in self._given:
            plain = normalize(word)
            if len(plain) >= _SHORTEST and plain.isalpha():
                words[plain[0], len(plain)].add(plain)
        return words

    def corrected(self, text: str, tokens: list[Token]) -> list[Token]:
        """Return the tokens of a text, with misspelled words corrected and their places kept."""
        known = Vocabulary.installed()
        corrected = tokens
        for at, token in enumerate(tokens):
            word = token.text
            if len(word) < _SHORTEST or not word.isalpha() or known.has_word(word.lower()):
                continue
            if word.lower() in _people():
                continue
            small = word.islower() or (len(word) >= _LONG and _begins(text, token.start))
            if not small or text[token.end : token.end + 2] in (
                "'s",
                "’s",
            ):
                continue
            meant = self._meant(normalize(word))
            if meant is not None:
                if corrected is tokens:
                    corrected = list(tokens)
                corrected[at] = Token(token.start, token.end, meant)
        return corrected

    def would_correct(self, word: str) -> bool:
        """True if a word written in lower case is taken for a misspelled one."""
        return self.corrected(word, [Token(0, len(word), word)])[0].text != word

    def _meant(self, word: str) -> str | None:
        if word not in self._mended:
            if len(self._mended) > 50_000:
                self._mended.clear()
            self._mended[word] = _nearest(word, self._words)
        return self._mended[word]


@cache
def _people() -> frozenset[str]:
    """Return names of people close to words of the tables: "trevor" is no tremor (`scripts/build_unmended.py`)."""
    text = files("bedside.tools.terminology").joinpath("data/unmended.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _begins(text: str, start: int) -> bool:
    """True if a word begins a line or a sentence, where any word has a capital."""
    before = text[max(0, start - 4) : start].rstrip(" \t•*-–")
    return not before or before[-1] in "\n.:;!?"


def _nearest(word: str, words: Mapping[tuple[str, int], set[str]]) -> str | None:
    if word in words.get((word[0], len(word)), ()):
        return None
    most = 2 if len(word) >= _TWO_SLIPS else 1
    best: list[str] = []
    for length in range(len(word) - most, len(word) + most + 1):
        for other in words.get((word[0], length), ()):
            slips = _slips(word, other, most)
            if slips < most:
                most, best = slips, [other]
            elif slips == most:
                best.append(other)
    return best[0] if len(best) == 1 else None


@lru_cache(maxsize=4096)
def _slips(word: str, other: str, most: int) -> int:
    """Count the letters to insert, delete, replace or swap with their neighbour; more than `most` gives `most + 1`.

    This is the optimal string alignment distance.
    """
    before, row = list(range(len(other) + 1)), []
    earlier: list[int] = []
    for at, letter in enumerate(word, 1):
        row = [at]
        for place, wanted in enumerate(other, 1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted))
            if at > 1 and place > 1 and letter == other[place - 2] and word[at - 2] == wanted:
                cost = min(cost, earlier[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        earlier, before = before, row
    return row[-1]
