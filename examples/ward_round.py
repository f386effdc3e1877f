"""Ward round: a group of patients, a branch for each (`Send`), sorted by who must be seen first.

bedside run examples/ward_round.py:build examples/notes

Each note is one patient's. They are one case: its vault knows the names of all of them. The notes are synthetic.
"""

from operator import add
from typing import Annotated, Any

from langgraph.types import Send
from pydantic import BaseModel

import bedside
from bedside import Private
from bedside.nodes import assess, read_note


class Seen(BaseModel):
    """One patient: the name of the note, the urgency by the rules, and the first reason."""

    patient: str
    urgency: int | None
    reason: str


class Group(bedside.CaseState):
    seen: Annotated[Private[list[Seen]], add]
    order: Private[list[Seen]]


class Shown(bedside.CaseState):
    order: Private[list[Seen]]


class One(bedside.CaseState):
    document: Private[str]


def branches(state: Group, runtime: bedside.Runtime) -> list[Send]:
    """One branch a patient."""
    names = runtime.context.cases.documents(state["case"])
    return [Send("look", {"case": state["case"], "document": name}) for name in names]


def look(state: One, runtime: bedside.Runtime) -> dict[str, Any]:
    """Read and triage one patient's note by the rules."""
    name = state["document"]
    assessment = assess(read_note(name, runtime.context.cases.documents(state["case"])[name]))
    reason = assessment.reasons[0].message if assessment.reasons else "not understood: a person must read the note"
    return {"seen": [Seen(patient=name, urgency=assessment.urgency, reason=reason)]}


def sort(state: Group) -> dict[str, Any]:
    """The most urgent first, and before them whom the rules did not understand."""
    return {"order": sorted(state["seen"], key=lambda one: one.urgency or 0)}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Group, output_schema=Shown, group=True)
    graph.add_node("look", look, input_schema=One)
    graph.add_node("sort", sort)
    graph.add_conditional_edges(bedside.START, branches, ["look"])
    return graph.add_edge("look", "sort")
