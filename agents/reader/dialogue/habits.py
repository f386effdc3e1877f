"""Questions about tobacco, alcohol and other drugs, and what their answers say: "do you smoke?" "I gave up"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Asked", "asked_habits", "given_up"]


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
_OVER = re.compile(
    r"\b(?:gave\s+(?:it\s+)?up|given\s+up|quit|stopped|used\s+to|not\s+any\s?more|ex-?smoker)\b", re.I
)


def asked_habits(question: str) -> Iterator[Asked]:
    """Yield the habits that a question asks for, each once."""
    for named, statements in _HABITS:
        found = named.search(question)
        if found is not None:
            yield Asked(found.start(), found.end(), *statements)


def given_up(answer: str) -> bool:
    """Whether an answer says that a habit is over."""
    return _OVER.search(answer) is not None
