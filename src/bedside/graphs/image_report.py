"""Image report: a local model drafts findings in X-rays, CT, MRI and photos, each with its place. Nothing leaves.

read ─▶ ground ─▶ look ─▶ conclude ─▶ write_fhir ─▶ result

Notes beside the pictures are read as in `note_to_fhir`; what of them matters to the picture is shown before the
question: `--input modality=dermatology` says what a photo is of. A finding is the model's word and nobody's else.
"""

from __future__ import annotations

from typing import NotRequired

from bedside.agents.grounder import ground_step
from bedside.agents.radiographer.step import conclude_step, look_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.flow import END, START, CaseState, ClinicalGraph, Private
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import ImageReport, PictureKind

__all__ = ["ImageInput", "ImageState", "build"]


class ImageInput(CaseState):
    """The caller's input beside the case.

    Attributes:
        modality: What the pictures are of whose header does not say it.
    """

    modality: NotRequired[Private[PictureKind]]


class ImageState(NoteState):
    """The state of a case in the graph; the pictures stay in the case store."""

    modality: Private[PictureKind]
    image_report: Private[ImageReport]


def build() -> ClinicalGraph:
    """The graph, uncompiled."""
    graph = ClinicalGraph(ImageState, input_schema=ImageInput, images=True)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("look", look_step)
    graph.add_node("conclude", conclude_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "look")
    graph.add_edge("look", "conclude")
    graph.add_edge("conclude", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
