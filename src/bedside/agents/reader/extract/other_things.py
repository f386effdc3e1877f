"""Mentions that are none: the words name another thing there ("stroke unit", "BP fell to 70/40")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.tables import rows

__all__ = ["OtherThing", "is_other_thing", "other_things"]

_AROUND = 60


@dataclass(frozen=True, slots=True)
class OtherThing:
    """One row of `data/other_things.tsv`.

    Attributes:
        id: The name of the rule.
        concept: The key of the concept that the words do not mean there, or `*` for every one.
        pattern: What it looks like, without regard to case, with `@` for the words, or « and » around these words.
        example: A sentence whose words, in braces, mean another thing.
        near_miss: One that looks alike and names the thing.
    """

    id: str
    concept: str
    pattern: re.Pattern[str]
    example: str
    near_miss: str


@lru_cache(maxsize=1)
def other_things() -> tuple[OtherThing, ...]:
    """All rows."""
    return tuple(
        OtherThing(row["id"], row["concept"], _compiled(row["pattern"]), row["example"], row["near_miss"])
        for row in rows("other_things")
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("@", "«[^«»]*»"), re.IGNORECASE)


@lru_cache(maxsize=1024)
def _of(key: str) -> tuple[OtherThing, ...]:
    return tuple(row for row in other_things() if row.concept in ("*", key))


def is_other_thing(key: str, words: str, start: int, end: int) -> bool:
    """True if the words at `words[start:end]`, which name the concept of this key, mean another thing there."""
    told = f"{words[max(0, start - _AROUND) : start]}«{words[start:end]}»{words[end : end + _AROUND]}"
    return any(row.pattern.search(told) for row in _of(key))
