"""Discharge check: a loop that asks the ward for what a safe discharge still lacks, until nothing is missing.

bedside run examples/discharge_check.py:build examples/notes/discharge.txt --store ward

The note is synthetic. The list is a demonstration, and no standard of anyone's.
"""

from operator import or_
from typing import Annotated, Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel, Field

import bedside
from bedside import Private
from bedside.nodes import NoteState, ground_step, read_step, result_step
from bedside.records import FactKind

WANTED = {  # what must be there, and what the ward is asked for it
    "medications": "Which drugs does the patient go home with?",
    "allergies": "Which allergies, or that there are none?",
    "follow up": "Who sees the patient next, and when?",
    "return advice": "What should bring the patient back?",
}


class Answer(BaseModel):
    answer: str = Field(min_length=2, description="In a few words; 'none' is an answer")
    reviewer: str


class Discharge(NoteState):
    checked: Annotated[Private[dict[str, str]], or_]


def look(state: Discharge, runtime: Any) -> dict[str, Any]:
    """Tick what the note itself says."""
    record, words = state["record"], " ".join(runtime.context.cases.documents(state["case"]).values()).lower()
    found = {}
    if record.of_kind(FactKind.MEDICATION):
        found["medications"] = ", ".join(one.display for one in record.of_kind(FactKind.MEDICATION))
    if record.of_kind(FactKind.ALLERGY):
        found["allergies"] = ", ".join(one.display for one in record.of_kind(FactKind.ALLERGY))
    if "follow up" in words or "clinic in" in words:
        found["follow up"] = "stated in the note"
    if "return if" in words or "come back if" in words:
        found["return advice"] = "stated in the note"
    return {"checked": found}


def ask(state: Discharge) -> dict[str, Any]:
    """Ask for the first thing that is missing."""
    missing = next(name for name in WANTED if name not in state["checked"])
    answer = interrupt({"question": WANTED[missing]}, response_schema=Answer)
    return {"checked": {missing: f"{answer.answer} (says {answer.reviewer})"}}


def is_complete(state: Discharge) -> Literal["result", "ask"]:
    return "result" if WANTED.keys() <= state["checked"].keys() else "ask"


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Discharge)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("look", look)])
    graph.add_node("ask", bedside.review_step(ask))
    graph.add_node("result", result_step)
    graph.add_conditional_edges("look", is_complete).add_conditional_edges("ask", is_complete)
    return graph.add_edge(bedside.START, "read").add_edge("result", bedside.END)
