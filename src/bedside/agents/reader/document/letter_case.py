"""A note in capitals or in small letters alone, as if somebody had used both."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

__all__ = ["in_both_cases"]

_SHORT = re.compile(r"(?<![\w'’])[a-z]{2,3}(?![\w'’])")
_FEW = 0.01
_MOST = 0.9
_LEAST_LETTERS = 20


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    text = (files("bedside.agents.reader") / "data" / "short_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def in_both_cases(text: str) -> str:
    """The text with short words that are no English words in capitals, where it is written in one case alone.

    "mi", "sob" and "uti" are then read as they are in a note that uses capitals; "as" and "all" stay words. Each
    character keeps its place.
    """
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text))
    if letters < _LEAST_LETTERS or _FEW * letters < capitals < _MOST * letters:
        return text
    lowered = text.lower()
    if len(lowered) != len(text):
        return text
    return _SHORT.sub(lambda found: found[0] if found[0] in _words() else found[0].upper(), lowered)
