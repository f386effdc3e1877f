"""Triage: from a note to an urgency with its reasons, questions to a remote model, and a FHIR bundle.

read ─▶ ground ─▶ score ─▶ voice ─▶ ask ─▶ release ─▶ review_questions ─▶ consult ×k ─▶ merge ─▶ follow_up ─▶ weigh
     ─▶ compose_queries ─▶ release_queries ─▶ review_queries ─▶ search ×k ─▶ gather
     ─▶ review_result ─▶ write_fhir ─▶ result

`voice` asks a local model, where there is one, how urgent the notes are; it may raise the urgency, never lower it.
A review happens where one is asked for (`--review`); otherwise its three nodes let the case pass. `follow_up` leads
back to `release` where an answer asks for a kind of fact that the record holds.
"""

from __future__ import annotations

from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.grounder import ground_step
from bedside.agents.planner import ask_step
from bedside.agents.reader.step import read_step
from bedside.agents.reviewer import Reviewed, review_result
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.searcher import Literature, add_search
from bedside.agents.triager import Triaged
from bedside.agents.triager.step import score_step
from bedside.agents.triager.voice import voice_step
from bedside.flow import END, START, ClinicalGraph
from bedside.graphs.note_to_fhir import NoteState

__all__ = ["TriageState", "build"]


class TriageState(NoteState, Triaged, Consultation, Literature, Reviewed):
    """The state of a case in the graph, beside that of `note_to_fhir`."""


def build() -> ClinicalGraph:
    """The graph, uncompiled: add nodes of your own, or compile it with your saver."""
    graph = ClinicalGraph(TriageState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("score", score_step)
    graph.add_node("voice", voice_step)
    graph.add_node("ask", ask_step)
    add_consultation(graph, after="ask", then="compose_queries")
    add_search(graph, then="review_result")
    graph.add_node("review_result", review_result)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "score")
    graph.add_edge("score", "voice")
    graph.add_edge("voice", "ask")
    graph.add_edge("review_result", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
