"""The questions of an interview or a dialogue to the person at the terminal, and the answers.

A request travels as the payload of LangGraph's `interrupt`, an answer as its resume value: both are JSON.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bedside.records.facts import Frozen
from bedside.records.result import Reason
from bedside.records.review import FactItem

__all__ = ["MOST_CHARACTERS", "HeardLine", "LineRequest", "PatientAnswer", "PatientQuestion", "Progress"]

MOST_CHARACTERS = 5_000
"""The longest answer or line of a dialogue, in characters: some minutes of speech."""


class Progress(Frozen):
    """The state of a case, and the news since its last question.

    Attributes:
        reasons: Those that decide the urgency, where it changed.
        news: The facts that are new.
    """

    urgency: int | None = None
    reasons: tuple[Reason, ...] = ()
    news: tuple[FactItem, ...] = ()


class PatientQuestion(Frozen):
    """The next question to a patient.

    Attributes:
        number: Its number in the interview, from 1.
    """

    kind: Literal["patient"] = "patient"
    question: str
    number: int
    progress: Progress


class PatientAnswer(Frozen):
    """The patient's own words. `stop` ends the interview."""

    text: str = Field(max_length=MOST_CHARACTERS)


class LineRequest(Frozen):
    """A request for the next line of a dialogue."""

    kind: Literal["line"] = "line"
    progress: Progress


class HeardLine(Frozen):
    """The next line of a dialogue with the mark of its speaker, or `None` at its end."""

    line: str | None = Field(max_length=MOST_CHARACTERS)
