"""Second opinion: the note as free text, shown to a person before it leaves, and what a larger model makes of it.

read ─▶ ground ─▶ compose ─▶ release ─▶ review_questions ─▶ consult ─▶ merge ─▶ follow_up ─▶ weigh ─▶ result

What leaves here is narrative by nature: it waits for a person's yes, whether or not a review is asked for.
"""

from __future__ import annotations

from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.grounder import ground_step
from bedside.agents.planner import narrate_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step
from bedside.flow import END, START, ClinicalGraph
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["OpinionState", "build"]


class OpinionState(NoteState, Consultation):
    """The state of a case in the graph."""


def build() -> ClinicalGraph:
    """The graph, uncompiled. It needs a checkpointer: it always stops for a person."""
    graph = ClinicalGraph(OpinionState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("compose", narrate_step)
    add_consultation(graph, after="compose", then="result")
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "compose")
    graph.add_edge("result", END)
    return graph
