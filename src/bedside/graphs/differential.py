"""Differential: what the note speaks for, what must not be missed, and what would separate the two.

read ─▶ ground ─▶ score ─▶ ask ─▶ (consultation, see `triage`) ─▶ result

Without a remote model the result names the red flags, what is stated and denied, and the questions it would ask.
"""

from __future__ import annotations

from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.grounder import ground_step
from bedside.agents.planner import asking
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step
from bedside.agents.triager import Triaged
from bedside.agents.triager.step import score_step
from bedside.flow import END, START, ClinicalGraph
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["DifferentialState", "build"]


class DifferentialState(NoteState, Triaged, Consultation):
    """The state of a case in the graph."""


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(DifferentialState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("score", score_step)
    graph.add_node("ask", asking("consult/danger", "consult/differential", "consult/tests"))
    add_consultation(graph, after="ask", then="result")
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "score")
    graph.add_edge("score", "ask")
    graph.add_edge("result", END)
    return graph
