"""An answer, statement by statement: what it cites, how sure it is, what it asks for.

Nothing of an answer is lost: a line that follows no form is a statement that cites nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from bedside.records import AdviceClaim, FactNeed

__all__ = ["Parsed", "parse_answer"]

MOST_CLAIMS = 12
"""Statements of one answer that are kept apart; what follows stays in the answer's text."""

_BULLET = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+")
_MARKS = re.compile(r"\*\*|__|^#+\s*|`")
_URGENCY = re.compile(r"(?i)^urgency\s*[:=]\s*\(?([1-5])\b[\s.)]*")
_NEED = re.compile(r"(?i)^need\s*[:=]\s*(.+?)[\s.]*$")
_FACT = re.compile(r"\bF(\d{1,3})(?:\s*[-–]\s*F?(\d{1,3}))?\b")
_CONFIDENCE = re.compile(r"(?i)\b(?:(high|moderate|low)\s+confidence|confidence\s*[:=]?\s*(high|moderate|low))\b")
_CONFIDENCE_ALONE = re.compile(r"(?i)(?:^|[;,(]\s*)(high|moderate|medium|low)\s*(?=[;,)]|$)")
_SOURCE = re.compile(r"(?i)\bsources?\s*[:=]\s*([^;)\n]+)")
# What stands in brackets at the end of a line and holds a citation, a confidence or a source.
_TAIL = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]][\s.]*$")
_NO_SOURCE = frozenset({"not known", "none", "unknown", "not stated", "n/a", "na"})
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says.

    Attributes:
        urgency: 1 to 5, where it stands on a line of its own.
        needs: The kind of fact that it asks for, if it is of the fixed list.
    """

    claims: tuple[AdviceClaim, ...] = ()
    urgency: int | None = None
    needs: FactNeed | None = None


def parse_answer(text: str, facts: Sequence[str]) -> Parsed:
    """Take an answer apart.

    Args:
        text: The answer.
        facts: Ids of the facts that the question showed, in the order of their numbers.
    """
    claims: list[AdviceClaim] = []
    urgency: int | None = None
    needs: FactNeed | None = None
    for raw in text.splitlines():
        line = _MARKS.sub("", _BULLET.sub("", raw)).strip()
        if found := _URGENCY.match(line):
            urgency = urgency or int(found[1])
            line = line[found.end() :].strip(" -–.")
        elif found := _NEED.match(line):
            needs = needs or _need(found[1])
            continue
        if any(character.isalnum() for character in line):
            claims += [_claim(part, facts) for part in _statements(line)]
    return Parsed(tuple(claims[:MOST_CLAIMS]), urgency, needs)


def _statements(line: str) -> list[str]:
    """A line is one statement where it ends in its citation; otherwise each sentence speaks for itself."""
    tail = _TAIL.search(line)
    return [line] if tail and _FACT.search(tail[1]) else _SENTENCE.split(line)


def _claim(line: str, facts: Sequence[str]) -> AdviceClaim:
    numbers: dict[int, None] = {}
    for found in _FACT.finditer(line):
        first, last = int(found[1]), int(found[2] or found[1])
        numbers |= dict.fromkeys(range(first, min(last, first + len(facts)) + 1) or [first])
    shown = [facts[number - 1] for number in numbers if 0 < number <= len(facts)]
    confidence = _CONFIDENCE.search(line)
    tail = _TAIL.search(line)
    word = (confidence[1] or confidence[2]) if confidence else None
    source = _SOURCE.search(line)
    if word is None and tail and (alone := _CONFIDENCE_ALONE.search(tail[1])):
        word = alone[1]
    named = source[1].strip(" .") if source else ""
    if tail and (_FACT.search(tail[1]) or source or word):
        line = line[: tail.start()]
    return AdviceClaim(
        statement=line.strip(" ;,"),
        # A fact without an id of its own (pregnancy of the patient) is cited all the same.
        facts=tuple(dict.fromkeys(shown)),
        unknown=sum(not 0 < number <= len(facts) for number in numbers),
        confidence=_confidence(word),
        source="" if named.casefold() in _NO_SOURCE else named[:200],
    )


def _confidence(word: str | None) -> Literal["high", "moderate", "low"] | None:
    if word is None:
        return None
    folded = word.casefold()
    return "moderate" if folded == "medium" else cast(Literal["high", "moderate", "low"], folded)


def _need(text: str) -> FactNeed | None:
    """One of the list, or nothing: what the model writes beside it is not read."""
    words = text.casefold().strip(" \"'.")
    return next((need for need in FactNeed if words == need.value), None)
