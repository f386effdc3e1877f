"""Text normalised for Unicode tricks, and the mapping back to its own characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Normalized", "normalize"]


_RUNS = re.compile(r"[\x00-\x7f]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalised text; `origin[i]` is the place of its i-th character in the original, followed by the end."""

    text: str
    origin: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's span for a span of the normalised text, with the last character's marks."""
        return self.origin[start], max(self.origin[end - 1] + 1, self.origin[end])


def normalize(text: str) -> Normalized:
    """Normalise a text by NFKC, character by character, without zero-width and other format characters.

    "fi" as one ligature becomes two letters, a non-breaking space becomes a space, full-width digits become
    digits, a letter and an accent become one letter, so that the rules see what a reader sees.
    """
    if text.isascii():
        return Normalized(text, tuple(range(len(text) + 1)))
    characters: list[str] = []
    origin: list[int] = []
    for run in _RUNS.finditer(text):
        place, character = run.start(), run.group()
        if character.isascii():
            characters += character
            origin += range(place, run.end())
            continue
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        if category == "Mn" and characters:
            composed = unicodedata.normalize("NFC", characters[-1] + character)
            if len(composed) == 1:
                characters[-1] = composed
                continue
        # Half a character of UTF-16 is no text, and the language model cannot encode it.
        for part in "\ufffd" if category == "Cs" else unicodedata.normalize("NFKC", character):
            characters.append(part)
            origin.append(place)
    return Normalized("".join(characters), (*origin, len(text)))
