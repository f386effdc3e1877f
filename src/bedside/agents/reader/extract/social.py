"""Social history that a record keeps: tobacco, alcohol and other drugs, by the rules of `data/social.tsv`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.habit import of_habit
from bedside.agents.reader.tables import rows
from bedside.records import Fact, FactKind

__all__ = ["Habit", "habits", "read_social"]


@dataclass(frozen=True, slots=True)
class Habit:
    """One row of `data/social.tsv`.

    Attributes:
        id: The name of the rule.
        concept: What FHIR's social history calls the habit.
        value: What the words say of it.
        words: Of these one is in every sentence with it, in small letters; looked for first, because that is fast.
        pattern: What it looks like, without regard to case; `thing` in it is the evidence, else all of it.
        example: A sentence that says so.
        near_miss: One that looks alike and does not.
    """

    id: str
    concept: str
    value: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    example: str
    near_miss: str

    def find(self, words: str, lowered: str) -> tuple[int, int] | None:
        """Find the habit in a sentence, given unchanged and in small letters."""
        if not any(word in lowered for word in self.words):
            return None
        found = self.pattern.search(words)
        return None if found is None else found.span("thing" if "thing" in self.pattern.groupindex else 0)


@cache
def habits() -> tuple[Habit, ...]:
    """All rows, in order; of a sentence the first that fits speaks of its habit."""
    return tuple(
        Habit(
            row["id"],
            row["concept"],
            row["value"],
            tuple(row["words"].split("|")),
            re.compile(row["pattern"], re.IGNORECASE),
            row["example"],
            row["near_miss"],
        )
        for row in rows("social")
    )


def read_social(note: Note) -> Iterator[Fact]:
    """Yield the first statement on each of tobacco, alcohol and drugs, that of a social history before others."""
    told: set[str] = set()
    for sentence in sorted(note.sentences, key=lambda sentence: sentence.part is not Part.SOCIAL):
        if sentence.part is Part.FAMILY:
            continue
        words = note.words(sentence)
        lowered = words.lower()
        for habit in habits():
            found = habit.find(words, lowered)
            if found is None or habit.concept in told:
                continue
            said = of_habit(note.sentence_context(sentence), *found, habit.concept, habit.value)
            if said is None:
                continue
            told.add(habit.concept)
            start, end = sentence.start + found[0], sentence.start + found[1]
            assertion, value = said
            name = habit.concept.replace("-", " ")
            yield fact(
                note, FactKind.SOCIAL, start, end, assertion, name=name, concept=habit.concept, text_value=value
            )
