"""A graph of somebody's own: an input, a pause and a result of its own, beside Bedside's page. Synthetic."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel, Field

import bedside
from bedside import Private
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step
from bedside.graphs.note_to_fhir import NoteState


class Answer(BaseModel):
    decision: Literal["approve", "deny"]
    days: int = Field(ge=1, le=30, description="For how many days")
    urgent: bool = False
    drugs: list[str] = []
    reviewer: str


class Plan(BaseModel):
    item: str
    days: int


class State(NoteState, total=False):
    payer: Private[str]
    limit: Private[int]
    plans: Private[list[Plan]]
    decided_by: Private[str]


class Input(bedside.CaseState):
    payer: Private[str]
    limit: Private[int]


def decide(state: State, runtime: Any) -> dict[str, Any]:
    answer = interrupt({"payer": state["payer"], "limit": state["limit"]}, response_schema=Answer)
    plans = [Plan(item=answer.decision, days=answer.days), *(Plan(item=one, days=1) for one in answer.drugs)]
    return {"plans": plans, "decided_by": answer.reviewer}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(State, input_schema=Input)
    graph.add_node("read", read_step)
    graph.add_node("decide", bedside.review_step(decide))
    graph.add_node("result", result_step)
    graph.add_edge(bedside.START, "read").add_edge("read", "decide").add_edge("decide", "result")
    return graph
