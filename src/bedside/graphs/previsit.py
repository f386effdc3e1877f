"""Previsit: what to ask this patient next, question by question; then the report. By rules alone, nothing leaves.

read ─▶ ground ─▶ score ─▶ choose ─▶ ask ─▶ read …, when nothing is left to ask or it is an emergency:
choose ─▶ write_fhir ─▶ result
"""

from __future__ import annotations

from operator import add
from typing import Annotated, Literal

from bedside.agents.grounder import ground_step
from bedside.agents.interviewer.step import ask_step, choose_step, interview_score_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.triager import Triaged
from bedside.flow import END, START, ClinicalGraph, Private
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["PrevisitState", "build"]


class PrevisitState(NoteState, Triaged):
    """The state of an interview in the graph.

    Attributes:
        question: The next question, or empty: then the report follows.
        asks: Keys of what it asks about.
        asked: Keys of all that was asked, answered or not.
        number: How many questions were asked.
        so_far: The document of an answer that is asked again, as far as it goes.
        stopped: Whether the patient ended it.
        shown: Keys of what whoever sits there has been told.
    """

    question: Private[str]
    asks: Private[list[str]]
    asked: Annotated[Private[list[str]], add]
    number: Private[int]
    so_far: Private[str]
    stopped: Private[bool]
    shown: Private[list[str]]


def build() -> ClinicalGraph:
    """The graph, uncompiled. It needs a saver: it waits for each answer."""
    graph = ClinicalGraph(PrevisitState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("score", interview_score_step)
    graph.add_node("choose", choose_step)
    graph.add_node("ask", ask_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "score")
    graph.add_edge("score", "choose")
    graph.add_conditional_edges("choose", _asks_on, ["ask", "write_fhir"])
    graph.add_conditional_edges("ask", _asks_again, ["ask", "read"])
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph


def _asks_on(state: PrevisitState) -> Literal["ask", "write_fhir"]:
    return "ask" if state["question"] else "write_fhir"


def _asks_again(state: PrevisitState) -> Literal["ask", "read"]:
    return "ask" if state["question"] else "read"
