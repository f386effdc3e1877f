"""The `compose` node of a second opinion: the note itself, as narrative."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.boundary import Draft, Narrative
from bedside.flow import Services
from bedside.records import ClinicalRecord

__all__ = ["MOST_CHARACTERS", "narrate_step"]

MOST_CHARACTERS = 3_600
"""The most characters of a note that are shown: with placeholders it must stay below what the boundary releases."""


MOST_QUOTED = 80
"""Longest words of the note that an answer is expected to cite."""


def narrate_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Draft the note as free text: it goes through every detector, is shown to a person, and waits for a yes."""
    documents = runtime.context.cases.documents(state["case"])
    text = "\n\n".join(documents.values()).strip()
    shown = text[:MOST_CHARACTERS]
    if len(text) > MOST_CHARACTERS:
        shown = shown.rsplit("\n", 1)[0].strip() or shown
    missing = len(text) - len(shown)
    record: ClinicalRecord = state["record"]
    # An answer cites the note's own words; these stay at home with the draft.
    quotes = [
        (documents[fact.evidence.document][fact.evidence.start : fact.evidence.end], fact.id)
        for fact in record.facts
    ]
    citable = tuple((quote, fact) for quote, fact in quotes if len(quote) <= MOST_QUOTED and quote in shown)
    return {
        "drafts": [Draft(template="consult/second_opinion", slots=(Narrative(text=shown, citable=citable),))],
        "not_done": [f"the last {missing} characters of the note were not put to the question"] if missing else [],
    }
