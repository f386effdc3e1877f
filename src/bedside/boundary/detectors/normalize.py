"""A text without the tricks of Unicode, and the way back to its own characters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

__all__ = ["Normalized", "normalize"]


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalised text; `origin[i]` is the place of its i-th character in the original, with the end behind."""

    text: str
    origin: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The original's characters that a span of the normalised text covers."""
        return self.origin[start], self.origin[end - 1] + 1


def normalize(text: str) -> Normalized:
    """NFKC, character by character, without zero-width and other format characters.

    "fi" as one ligature becomes two letters, a non-breaking space becomes a space, full-width digits become
    digits, so that the rules see what a reader sees.
    """
    characters: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        # Half a character of UTF-16 is no text, and the language model cannot encode it.
        for part in "\ufffd" if category == "Cs" else unicodedata.normalize("NFKC", character):
            characters.append(part)
            origin.append(place)
    return Normalized("".join(characters), (*origin, len(text)))
