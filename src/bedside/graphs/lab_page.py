"""Laboratory page: a photographed or PDF page of results becomes Observations, each with its place. Nothing leaves.

text_layer ─▶ read ─▶ ground ─▶ transcribe ─▶ keep ─▶ write_fhir ─▶ result

A PDF that carries its text is read as a note is, without a model, as far as the text is to be seen on the page.
Off a picture a model reads the rows, and off a page that carries more text than it shows; what the two do not
read alike is not written.
"""

from __future__ import annotations

from bedside.agents.grounder import ground_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.transcriber.pages import Page
from bedside.agents.transcriber.step import keep_step, text_layer_step, transcribe_step
from bedside.flow import END, START, ClinicalGraph, Private
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import Transcribed

__all__ = ["PageState", "build"]


class PageState(NoteState):
    """The state of a case in the graph; the pages stay in the case store.

    Attributes:
        unsure_pages: Images and pages whose text is not all to be seen: there the picture is read beside it.
    """

    transcribed: Private[list[Transcribed]]
    unsure_pages: Private[list[tuple[str, int]]]
    pages: Private[list[Page]]
    page_prompts: Private[list[str]]


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(PageState, images=True)
    graph.add_node("text_layer", text_layer_step)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("transcribe", transcribe_step)
    graph.add_node("keep", keep_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "text_layer")
    graph.add_edge("text_layer", "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "transcribe")
    graph.add_edge("transcribe", "keep")
    graph.add_edge("keep", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
