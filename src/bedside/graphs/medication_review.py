"""Medication review: medicines against each other, diseases, values and allergies, and a remote view of them.

read ─▶ ground ─▶ check_medicines ─▶ ask ─▶ (consultation, see `triage`) ─▶ write_fhir ─▶ result
"""

from __future__ import annotations

from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.grounder import ground_step
from bedside.agents.pharmacist import check_medicines_step
from bedside.agents.planner import asking
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.flow import END, START, ClinicalGraph
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["MedicationState", "build"]


class MedicationState(NoteState, Consultation):
    """The state of a case in the graph."""


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(MedicationState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("check_medicines", check_medicines_step)
    graph.add_node("ask", asking("consult/medicines"))
    add_consultation(graph, after="ask", then="write_fhir")
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "check_medicines")
    graph.add_edge("check_medicines", "ask")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
