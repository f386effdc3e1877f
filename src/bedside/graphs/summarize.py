"""Summary: a long record as one page, each sentence with its characters. Nothing leaves.

read ─▶ ground ─▶ summarize ─▶ result
"""

from __future__ import annotations

from bedside.agents.grounder import ground_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step
from bedside.agents.summarizer import summarize_step
from bedside.flow import END, START, ClinicalGraph, Private
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import Sentence

__all__ = ["SummaryState", "build"]


class SummaryState(NoteState):
    """The state of a case in the graph."""

    summary: Private[list[Sentence]]


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(SummaryState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("summarize", summarize_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "summarize")
    graph.add_edge("summarize", "result")
    graph.add_edge("result", END)
    return graph
