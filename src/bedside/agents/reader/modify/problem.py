"""The assertion of a problem: the words around it, its section and the nature of the thing together."""

from __future__ import annotations

import re
from dataclasses import replace

from bedside.agents.reader.document.note import Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import Stance
from bedside.agents.reader.modify.temporality import (
    dated_past,
    ending,
    goes_on,
    is_aftermath,
    is_known_reaction,
    is_over,
    is_told_of_long_ago,
)
from bedside.records import Assertion
from bedside.tools.terminology import Domain, Match

__all__ = ["is_event", "of_problem", "of_relative", "over_by"]

# "denies issues with the migraines": the disease is there, and quiet.
_NO_TROUBLE = re.compile(
    r"\b(?:denies|no|without)\s+(?:having\s+)?(?:any\s+)?(?:recent\s+|current\s+)?(?:issues?"
    r"|problems?|trouble|complaints?|concerns?)"
    r"\s+(?:with|from|regarding|about)\s+(?:\w+\s+){0,2}\Z",
    re.I,
)
_SYMPTOMS_OF = re.compile(r"\bsymptoms?\s+of\s+(?:\w+\s+)?\Z", re.I)
_WORRIED = re.compile(r"\b(?:worried|concerned|anxious)\s+(?:about|by|with)\s+(?:[\w-]+\s+){0,5}\Z", re.I)
_PAST = (Part.PAST, Part.SURGICAL)


def is_event(sentence: Sentence, match: Match) -> bool:
    """True if a symptom is over once it is past; in a chief complaint even a history of it counts."""
    return match.concept.event and sentence.part is not Part.COMPLAINT


def of_relative(said: Stance) -> Stance:
    """Return the assertion of a relative's disease."""
    return said if said.absent else replace(said, assertion=Assertion.FAMILY, why="relative")


def of_problem(sentence: Sentence, words: str, match: Match, said: Stance, *, listed: bool) -> Stance:
    """Return the assertion of a problem.

    Args:
        sentence: Where it stands.
        words: The text of the sentence.
        match: The problem.
        said: What the words around it say.
        listed: Whether the sentence lists the past history.
    """
    start, end = match.start - sentence.start, match.end - sentence.start
    event = is_event(sentence, match)
    over = ending(words, end) is not None and not match.concept.chronic
    if over and said.assertion in (Assertion.PRESENT, Assertion.HISTORICAL):
        return replace(said, assertion=Assertion.HISTORICAL, why="ended")
    if said.past:
        return _if_back(words, match, start, end, said, event=event)
    if said.absent or said.assertion is Assertion.POSSIBLE:
        return _in_spite(words, match, start, said)
    if said.assertion is not Assertion.PRESENT:
        return said
    return _by_section(sentence, words, match, start, end, said, event=event, listed=listed)


def _lasts(match: Match, *, event: bool) -> bool:
    return match.concept.chronic or (match.concept.domain is Domain.SYMPTOM and not event)


def _if_back(words: str, match: Match, start: int, end: int, said: Stance, *, event: bool) -> Stance:
    """A thing of the past, or the present one where it lasts or came back."""
    here = goes_on(words, start, end) or (
        is_aftermath(words, start, match.concept.key) and not dated_past(words, start, end, event=event)
    )
    back = not is_over(words, end) and (_lasts(match, event=event) or (event and here))
    return replace(said, assertion=Assertion.PRESENT, why="still-there") if back else said


def _in_spite(words: str, match: Match, start: int, said: Stance) -> Stance:
    """A denial or doubt, or the present thing where only its trouble is denied or feared."""
    symptom = match.concept.domain is Domain.SYMPTOM
    if said.absent:
        quiet = match.concept.chronic and _NO_TROUBLE.search(words[max(0, start - 60) : start])
        return replace(said, assertion=Assertion.PRESENT, why="no-trouble-with-it") if quiet else said
    # A symptom that worries is felt; only a disease can be feared without being there.
    felt = _SYMPTOMS_OF.search(words[max(0, start - 25) : start]) or _WORRIED.search(
        words[max(0, start - 60) : start]
    )
    return replace(said, assertion=Assertion.PRESENT, why="felt") if symptom and felt else said


def _by_section(
    sentence: Sentence, words: str, match: Match, start: int, end: int, said: Stance, *, event: bool, listed: bool
) -> Stance:
    """Return the assertion that the section gives a thing without a word on it."""
    if sentence.part in (Part.CONCERNS, Part.DIFFERENTIAL):
        return replace(said, assertion=Assertion.POSSIBLE, why=f"section-{sentence.part.value}")
    if sentence.part is Part.INSTRUCTIONS and not match.concept.chronic:
        return replace(said, assertion=Assertion.HYPOTHETICAL, why="section-instructions")
    if _lasts(match, event=event):
        return said
    if is_told_of_long_ago(words, start):
        return replace(said, assertion=Assertion.HISTORICAL, why="told-of-long-ago")
    if goes_on(words, start, end):
        return said
    if sentence.part in _PAST and (listed or not event):
        return replace(said, assertion=Assertion.HISTORICAL, why=f"section-{sentence.part.value}")
    if dated_past(words, start, end, event=event):
        return replace(said, assertion=Assertion.HISTORICAL, why="dated-past")
    if is_known_reaction(words, start):
        return replace(said, assertion=Assertion.HISTORICAL, why="known-reaction")
    return said


def over_by(sentence: Sentence, words: str, match: Match, start: int, end: int, said: Stance) -> str | None:
    """The words that end what came and went in this illness; a thing of the past history needs none."""
    if not said.past or sentence.part in _PAST:
        return None
    return None if dated_past(words, start, end, event=is_event(sentence, match)) else ending(words, end)
