"""Note to FHIR: the facts of a note as resources, each pointing at its characters. Nothing leaves.

read ─▶ ground ─▶ write_fhir ─▶ result
"""

from __future__ import annotations

from operator import add
from typing import Annotated

from bedside.agents.grounder import ground_step
from bedside.agents.reader import Claim
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.flow import END, START, CaseState, ClinicalGraph, Private
from bedside.records import CaseResult, ClinicalRecord, OwnResource

__all__ = ["NoteState", "build"]


class NoteState(CaseState):
    """The state of a case in the graph."""

    record: Private[ClinicalRecord]
    claims: Private[list[Claim]]
    bundle: Private[str]
    resources: Annotated[Private[list[OwnResource]], add]
    set_aside: Private[list[tuple[str, str]]]
    warnings: Annotated[Private[list[str]], add]
    not_done: Annotated[Private[list[str]], add]
    result: Private[CaseResult]


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(NoteState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
