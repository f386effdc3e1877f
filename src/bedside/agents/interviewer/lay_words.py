"""Plain words for questions to a patient: `data/lay_words.tsv`, one row a concept.

The reader of dialogues finds the concept in the words again: that is how an answer is understood. `screen` marks
what everybody is asked (danger signs of ESI v5, decision point B, that a patient can tell [K]); `not_asked` says
why a concept of the rules has no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bedside.tables import table_rows

__all__ = ["LayWords", "lay_words"]


@dataclass(frozen=True, slots=True)
class LayWords:
    """The plain wording of questions about a concept.

    Attributes:
        words: As they stand in a question, or empty: then it is not asked.
        screen: Whether everybody is asked.
        not_asked: Why there are no words.
    """

    words: str
    screen: bool
    not_asked: str


@cache
def lay_words() -> Mapping[str, LayWords]:
    """The table, by concept key."""
    rows = (row.values() for row in table_rows("bedside.agents.interviewer", "lay_words"))
    return {key: LayWords(words, screen == "yes", why) for key, words, screen, why in rows}
