"""Live: facts and urgency of a dialogue while it comes in, line by line; then the FHIR bundle. Nothing leaves.

listen ─▶ score ─▶ hear ─▶ listen …, at the end of the dialogue ─▶ write_fhir ─▶ result
"""

from __future__ import annotations

from typing import Literal

from bedside.agents.listener.step import hear_step, listen_step
from bedside.agents.listener.urgency import rising_score_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.triager import Triaged
from bedside.flow import END, START, ClinicalGraph, Private
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["LiveState", "build"]


class LiveState(NoteState, Triaged):
    """The state of a dialogue in the graph.

    Attributes:
        heard: How many of its characters have been read.
        shown: Keys of what whoever listens along has been told.
        ended: Whether its last line was heard.
    """

    heard: Private[int]
    shown: Private[list[str]]
    ended: Private[bool]


def build() -> ClinicalGraph:
    """The graph, uncompiled. It needs a saver: it waits for each line."""
    graph = ClinicalGraph(LiveState)
    graph.add_node("listen", listen_step)
    graph.add_node("score", rising_score_step)
    graph.add_node("hear", hear_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "listen")
    graph.add_edge("listen", "score")
    graph.add_edge("score", "hear")
    graph.add_conditional_edges("hear", _goes_on, ["listen", "write_fhir"])
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph


def _goes_on(state: LiveState) -> Literal["listen", "write_fhir"]:
    return "write_fhir" if state.get("ended") else "listen"
