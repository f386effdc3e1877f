"""Compare images: two chest X-rays of one patient, improved, stable or worsened. Nothing leaves.

read ─▶ ground ─▶ compare ─▶ write_fhir ─▶ result

The question is a closed one, asked with its options in several orders: without a majority it is not told.
"""

from __future__ import annotations

from bedside.agents.grounder import ground_step
from bedside.agents.radiographer.pair import compare_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.flow import END, START, ClinicalGraph
from bedside.graphs.image_report import ImageState

__all__ = ["build"]


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(ImageState, images=True)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("compare", compare_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "compare")
    graph.add_edge("compare", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
