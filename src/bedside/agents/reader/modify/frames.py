"""Modifiers that no list of phrases can hold: expressions, each with an example and a near miss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.tables import rows

__all__ = ["Frame", "frames", "frames_in"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One row of `data/frames.tsv`.

    Attributes:
        id: The name of the rule.
        effect: As of a cue.
        scope: As of a cue.
        words: Of these one is in every sentence with it, in small letters; looked for first, because that is fast.
        pattern: What it looks like, without regard to case.
        example: A sentence whose target, in braces, it changes.
        near_miss: One that looks alike and whose target it leaves as it is.
    """

    id: str
    effect: str
    scope: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    example: str
    near_miss: str

    def find(self, words: str, lowered: str) -> Iterator[tuple[int, int]]:
        """Find the frame in a sentence, given unchanged and in small letters."""
        if any(word in lowered for word in self.words):
            yield from (found.span() for found in self.pattern.finditer(words))


@lru_cache(maxsize=1)
def frames() -> tuple[Frame, ...]:
    """All frames."""
    return tuple(
        Frame(
            row["id"],
            row["effect"],
            row["scope"],
            tuple(row["words"].split("|")),
            re.compile(row["pattern"], re.IGNORECASE),
            row["example"],
            row["near_miss"],
        )
        for row in rows("frames")
    )


def frames_in(text: str) -> tuple[Frame, ...]:
    """Return the frames that a whole text, or a sentence, can hold: one of their words is in it."""
    lowered = text.lower()
    return tuple(frame for frame in frames() if any(word in lowered for word in frame.words))
