"""The `choose` and `ask` nodes of an interview.

Question and answer are one document of the case, two lines: what an answer says is in the light of its question,
and whoever reads the case later reads both.
"""

from __future__ import annotations

import re
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.agents.interviewer.next import MOST_QUESTIONS, SELF_HARM, is_over, next_question
from bedside.agents.listener.news import progress_of
from bedside.agents.listener.urgency import INTERVIEW, rising_score_step
from bedside.agents.reader.dialogue import is_unclear
from bedside.agents.triager import Assessment, raise_urgency
from bedside.flow import Services
from bedside.persistence import Document
from bedside.records import Assertion, ClinicalRecord, FactKind, PatientAnswer, PatientQuestion

__all__ = ["ask_step", "choose_step", "interview_score_step"]

OVER = "The interview ended here: the case is an emergency, and what to do now is for a person."
STOPPED = "interview: the patient ended it, and not all was asked"
LONGEST = f"interview: it ended after {MOST_QUESTIONS} questions, and not all was asked"
HARM = "The patient speaks of harming themselves: somebody must be with them now"

WHICH = "Which of these do you have"

_STOP = re.compile(
    r"\W*(?:please\s+)?(?:stop|quit|exit|enough|no more(?: questions)?|i (?:want|would like) to stop)\W*", re.I
)


def interview_score_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Propose an urgency, never below an earlier one; words of self-harm are an emergency."""
    assessment: Assessment = rising_score_step(state, runtime)["assessment"]
    record: ClinicalRecord = state["record"]
    harm = tuple(
        fact.id
        for fact in record.facts
        if fact.concept in SELF_HARM
        and fact.kind is not FactKind.FAMILY
        and fact.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)
    )
    if harm:
        assessment = raise_urgency(assessment, 2, HARM, "Bedside's own line for an interview [K]", harm)
    return {"assessment": assessment}


def choose_step(state: dict[str, Any]) -> dict[str, Any]:
    """Choose the next question, or none: then the report follows."""
    record, assessment = state["record"], state["assessment"]
    if is_over(record, assessment):
        return {"question": "", "warnings": [OVER]}
    if state.get("stopped"):
        return {"question": "", "not_done": [STOPPED]}
    question = next_question(record, assessment, state.get("asked") or ())
    if question is None:
        return {"question": ""}
    if state.get("number", 0) >= MOST_QUESTIONS:
        return {"question": "", "not_done": [LONGEST]}
    return {"question": question.text, "asks": list(question.asks)}


def ask_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Ask, wait for the answer and keep it. A bare yes to several things is put again, once, before it counts."""
    cases, case = runtime.context.cases, state["case"]
    texts = cases.documents(case)
    number = state.get("number", 0) + 1
    name, question = f"{INTERVIEW} {number}", state["question"]
    progress, shown = progress_of(state, texts)
    request = PatientQuestion(question=question, number=number, progress=progress)
    answer: PatientAnswer = interrupt(request.model_dump(mode="json"), response_schema=PatientAnswer)
    words = " ".join(answer.text.split())
    update = {"number": number, "asked": state["asks"], "shown": shown, "question": "", "so_far": ""}
    if _STOP.fullmatch(words):
        return {**update, "stopped": True}
    if not words:
        return update
    so_far = state.get("so_far", "")
    text = f"{so_far}Q: {question}\nA: {words}\n"
    # Of an answer that is asked again the document grows, counted from what the state says: kept once, run twice.
    cases.append(case, Document(name, text))
    if not so_far and is_unclear(name, text):
        again = question.replace("Do you also have any of these", WHICH).replace("Do you have any of these", WHICH)
        return {"shown": shown, "question": again, "so_far": text}
    return update
