"""The disguises of one word of a name that a plain search does not find."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from string import ascii_lowercase as LETTERS

from bedside.boundary.unicode_folding import fold

__all__ = ["TURNS", "Near", "forms", "one_apart", "shifts", "skeleton"]

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_RIGHT = str.maketrans({one: other for row in _ROWS for one, other in zip(row, row[1:] + row[:1], strict=True)})
_LEFT = str.maketrans({other: one for row in _ROWS for one, other in zip(row, row[1:] + row[:1], strict=True)})
_ATBASH = str.maketrans(LETTERS, LETTERS[::-1])
# Digits and signs that stand for a letter, and letters that one of them may stand for, as one.
_SKELETON = str.maketrans("0134567892@$€!|+l", "oieasgtbgzaseiiti")


def skeleton(word: str) -> str:
    """Return a folded word in which a digit and each letter that it may represent are one: "w1ll1am", "wi1liam"."""
    return word.translate(_SKELETON)


_SHIFTS = [str.maketrans(LETTERS, LETTERS[count:] + LETTERS[:count]) for count in range(1, 26)]


def shifts(word: str) -> list[str]:
    """Return a folded word with each letter moved by 1 to 25 places of the alphabet."""
    return [word.translate(table) for table in _SHIFTS]


def _without_vowels(word: str) -> str:
    return re.sub("[aeiou]", "", word)


def _pig_latin(word: str) -> str:
    start = re.match("[^aeiou]*", word)
    cut = start.end() if start else 0
    return f"{word[cut:]}{word[:cut]}{'ay' if cut else 'way'}"


TURNS: Mapping[str, Callable[[str], str]] = {
    "reversed": lambda word: word[::-1],
    "rot13": lambda word: codecs.encode(word, "rot13"),
    "atbash": lambda word: word.translate(_ATBASH),
    "vowels dropped": _without_vowels,
    "doubled": lambda word: "".join(letter * 2 for letter in word),
    "pig latin": _pig_latin,
}
"""The disguises that are combined with each other."""


@lru_cache(maxsize=4_096)
def forms(word: str) -> frozenset[str]:
    """Return a word of a name, or a whole name without its blanks, turned once and twice, folded; not as it is.

    Args:
        word: As written: rot13 leaves "é" where it moves "e".
    """
    bare = {word.lower(), fold(word)}
    once = {turn(one) for turn in TURNS.values() for one in bare}
    twice = {turn(one) for turn in TURNS.values() for one in once}
    moved = {
        other
        for one in (*bare, *(one[::-1] for one in bare))
        for other in (*shifts(one), one.translate(_RIGHT), one.translate(_LEFT))
    }
    return frozenset(folded for one in once | twice | moved if len(folded := fold(one)) > 3) - bare


def one_apart(one: str, other: str) -> bool:
    """True if two words differ by one letter inserted, dropped, changed, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


class Near:
    """An index that finds whether a word is one slip away from any of many, without comparing it with each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = set(words)
        self._lengths = range(min(map(len, self._words), default=1) - 1, max(map(len, self._words), default=-1) + 2)

    @cached_property
    def _shorter(self) -> dict[str, list[str]]:
        # Of most texts no word is looked for.
        shorter: dict[str, list[str]] = {}
        for word in self._words:
            for one in _shorter(word):
                shorter.setdefault(one, []).append(word)
        return shorter

    def __contains__(self, word: str) -> bool:
        # Two words that are one slip apart are the same, or become so when each loses a letter at most.
        return len(word) in self._lengths and any(
            one_apart(other, word) for one in _shorter(word) for other in self._shorter.get(one, ())
        )


def _shorter(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}
