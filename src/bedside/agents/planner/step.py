"""The `ask` and `follow_up` nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.planner.follow import follow_up
from bedside.agents.planner.plan import QUESTIONS, plan
from bedside.boundary import Boundary
from bedside.errors import BoundaryError
from bedside.flow import Services
from bedside.records import CaseId, ClinicalRecord, Evidence, Fact, FactKind

# A word in small letters, and at most a comma.
_IN_A_SENTENCE = re.compile(r"(?<![A-Za-z])[a-z]+,?[ \t]+\Z")

__all__ = ["ask_step", "asking", "following_up", "without_names"]


def asking(*questions: str) -> Callable[[dict[str, Any], Runtime[Services]], dict[str, Any]]:
    """An `ask` node for some of the questions.

    Args:
        questions: Their templates, of `QUESTIONS`.

    Raises:
        ValueError: There is no such question.
    """
    if unknown := set(questions) - set(QUESTIONS):
        raise ValueError(f"no such question: {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}")

    def ask(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
        record = without_names(state["record"], state["case"], runtime.context.boundary)
        drafts = plan(record, questions, runtime.context.most_questions)
        reason = "no question was asked: the record holds nothing that a code table knows"
        return {"drafts": drafts, "round": 0, "not_done": [] if drafts else [reason]}

    return ask


ask_step = asking(*QUESTIONS)
"""Compose all questions of the case."""


def following_up(name: Callable[[str], str]) -> Callable[[dict[str, Any], Runtime[Services]], dict[str, Any]]:
    """Return a `follow_up` node, which asks again with what an answer requested.

    It does so where the record holds it and the boundary lets it go.

    Args:
        name: Gives the channels of a consultation their names.
    """

    def follow(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
        ended = state.get(name("round")) or 0
        vault = runtime.context.cases.vault(state["case"])
        record = without_names(state["record"], state["case"], runtime.context.boundary)
        own = {question.id for question in state.get(name("questions")) or []}
        advice = [one for one in state.get("advice") or [] if one.question in own]
        drafts, not_done = follow_up(record, advice, vault.original, ended)
        return {name("drafts"): drafts, name("round"): ended + bool(drafts), "not_done": not_done}

    return follow


def without_names(record: ClinicalRecord, case: CaseId, boundary: Boundary) -> ClinicalRecord:
    """Return the record where a fact on somebody's name has no concept, so that no code table names it.

    A reader takes the "Addison" of "Will Addison" for a disease. The detectors see the name around it. A word that
    is written with a capital in the midst of a sentence, "our patient Gout", is as likely a name, a drug's aside.
    """
    try:
        named = boundary.named(case)
    except BoundaryError:
        return record  # nothing is released then: the boundary says why
    texts = boundary.documents(case)

    def is_name(fact: Fact) -> bool:
        place = fact.evidence
        if any(start <= place.start and place.end <= end for start, end in named.get(place.document, ())):
            return True
        return fact.kind is not FactKind.MEDICATION and _is_written_as_name(texts, place)

    facts = [fact.model_copy(update={"concept": None}) if is_name(fact) else fact for fact in record.facts]
    return record.model_copy(update={"facts": tuple(facts)})


def _is_written_as_name(texts: Mapping[str, str], place: Evidence) -> bool:
    text = texts.get(place.document, "")
    word = text[place.start : place.end]
    return word.isalpha() and word.istitle() and _IN_A_SENTENCE.search(text[: place.start][-40:]) is not None
