"""The questions to a person in a review, and the permitted answers.

A request travels as the payload of LangGraph's `interrupt`, an answer as its resume value: both are JSON.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bedside.records.facts import Assertion, Evidence, Frozen
from bedside.records.result import Advice, Reason

__all__ = [
    "FactEdit",
    "FactItem",
    "NewFact",
    "QuestionItem",
    "QuestionsRequest",
    "QuestionsReview",
    "ResultRequest",
    "ResultReview",
]


class QuestionItem(Frozen):
    """One released question beside its private original.

    Attributes:
        id: Handle of the release.
        template: The prompt template.
        released: The facts as they would leave.
        original: The same before the boundary; differs where free text was swapped.
        swaps: Placeholder and what it stands for.
        narrative: Whether free text is in it.
    """

    id: str
    template: str
    released: str
    original: str
    swaps: tuple[tuple[str, str], ...] = ()
    narrative: bool = False


class QuestionsRequest(Frozen):
    """A request for review before anything leaves.

    Attributes:
        over_budget: Whether all that was released for the case together could identify the patient.
    """

    kind: Literal["questions"] = "questions"
    destination: str
    items: tuple[QuestionItem, ...]
    over_budget: bool = False


class QuestionsReview(Frozen):
    """A person's decision on the questions: what is not in `send` stays here.

    Attributes:
        reviewer: The person who answers, as they want to be named in Provenance.
        send: Ids of the questions that may leave.
        rewrite: New free text for a question, by id. It goes through the boundary and comes back for review.
    """

    reviewer: str = Field(min_length=1, max_length=120)
    send: tuple[str, ...] = ()
    rewrite: dict[str, str] = Field(default_factory=dict)


class FactItem(Frozen):
    """One fact with its words in the note."""

    id: str
    kind: str
    display: str
    assertion: Assertion
    quote: str
    detail: str = ""


class ResultRequest(Frozen):
    """A request for review before the result is final.

    Attributes:
        advice: The questions asked outside and their answers, unchecked.
        error: Why the last answer could not be used, or empty.
    """

    kind: Literal["result"] = "result"
    urgency: int | None
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: tuple[FactItem, ...] = ()
    advice: tuple[Advice, ...] = ()
    error: str = ""


class FactEdit(Frozen):
    """A person's correction of a fact. Its characters and its code stay; a corrected name has no code.

    Attributes:
        display: The right name, or `None` to keep it.
        assertion: The right assertion, or `None` to keep it.
    """

    display: str | None = Field(default=None, min_length=1, max_length=120)
    assertion: Assertion | None = None


class NewFact(Frozen):
    """A fact that a person read in the note and the reader did not. It has characters like any other.

    Attributes:
        kind: A problem, drug, allergy, procedure or immunization; a value needs its unit and is no such fact.
        display: What it is; without one the characters themselves. A name that no table has gets no code.
        evidence: The characters that state it.
    """

    kind: Literal["problem", "medication", "allergy", "procedure", "immunization"]
    display: str = Field(default="", max_length=120)
    assertion: Assertion = Assertion.PRESENT
    evidence: Evidence


class ResultReview(Frozen):
    """A person's decision on the result. An empty one means: confirmed as it is.

    Attributes:
        urgency: Another urgency, which may be lower; then `reason` is needed.
        reject: Ids of facts that are wrong.
        edit: Corrections by fact id.
        add: Facts that the reader missed. The rules look at them too, and may raise the urgency.
    """

    reviewer: str = Field(min_length=1, max_length=120)
    urgency: int | None = Field(default=None, ge=1, le=5)
    reason: str = Field(default="", max_length=500)
    reject: tuple[str, ...] = ()
    edit: dict[str, FactEdit] = Field(default_factory=dict)
    add: tuple[NewFact, ...] = Field(default=(), max_length=50)
