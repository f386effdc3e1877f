"""Questions about tobacco, alcohol and other drugs, and what their answers say: "do you smoke?" "I gave up"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bedside.agents.reader.lexicon import KIN

__all__ = ["Asked", "asked_habits", "given_up", "tells_how_much"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A habit that a question asks for.

    Attributes:
        start: Where the words begin that name it.
        end: One past their last character.
        yes: How a note would state it.
        no: How a note would deny it.
        over: How a note would state that it is over; the same as `no` where a record does not tell them apart.
    """

    start: int
    end: int
    yes: str
    no: str
    over: str


_HABITS = (
    (
        re.compile(r"\b(?:smok(?:e|ed|er|ing)|cigarettes?|tobacco|vape|vaping)\b", re.IGNORECASE),
        ("Current smoker.", "Non-smoker.", "Ex-smoker."),
    ),
    (
        re.compile(
            r"\balcohol\b|\bdrink(?:er|ing)?\b(?!\s+(?:water|fluids?|plenty|enough|tea|coffee|anything|milk|any\s+water))",
            re.IGNORECASE,
        ),
        ("Drinks alcohol socially.", "No alcohol.", "No alcohol."),
    ),
    (
        re.compile(
            r"\b(?:recreational|illicit|street|illegal)\s+(?:drugs?|substances?)|\b(?:cannabis|marijuana|cocaine|heroin)\b",
            re.IGNORECASE,
        ),
        ("Uses recreational drugs.", "No recreational drugs.", "No recreational drugs."),
    ),
)
_HOW_MUCH = re.compile(
    r"\b(?:\d{1,3}|an?|one|two|three|four|five|six|ten|twenty|half\s+a|couple\s+of|few)\s+(?:\w+\s+){0,2}"
    r"(?:a|per|each|every|at|on)\s+(?:day|week|weekends?|night)s?\b",
    re.I,
)
_OVER = re.compile(
    r"\b(?:gave\s+(?:it\s+)?up|given\s+up|quit|stopped|used\s+to|not\s+any\s?more|ex-?smoker)\b", re.I
)


_OF_OTHERS = re.compile(
    r"\b(?:husband|wife|spouse|partner|boyfriend|girlfriend|friends?|he|she|they|anyone|anybody|someone|people)\b",
    re.I,
)
# "Do you ever drink alcohol" asks for it; "does smoke make it worse" asks for something else.
_ASKS = re.compile(
    r"(?:\b(?:(?:do|did|have|are|were|would)\s+(?:you|u)|you|how\s+(?:much|many|often)|any|what\s+about|ever|and|still)\b"
    r"|\A\W*)"
    r"(?:\W+(?:(?:do|did|have|are|were)\s+you|you|ever|currently|still|actually|also|now|an?|any|of|or|and|the|use|used|using"
    r"|take|taken|been|regular|heavy|much|many|at\s+all|smok\w+|vap\w+|cigarettes?|tobacco|drink\w*|alcohol|drugs"
    r"|recreational|illicit|street|cannabis|marijuana|cocaine|heroin))*\W*\Z",
    re.I,
)


def asked_habits(question: str) -> Iterator[Asked]:
    """Yield the patient's habits that a question asks for, each once."""
    if KIN.search(question) or _OF_OTHERS.search(question):
        return
    for named, statements in _HABITS:
        found = named.search(question)
        if found is not None and _ASKS.search(question[: found.start()]):
            yield Asked(found.start(), found.end(), *statements)


def given_up(answer: str) -> bool:
    """True if an answer reports that a habit is over."""
    return _OVER.search(answer) is not None


def tells_how_much(answer: str) -> bool:
    """True if an answer counts: "10 a day", "two glasses at weekends"."""
    return _HOW_MUCH.search(answer) is not None
