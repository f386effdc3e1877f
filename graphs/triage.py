"""Triage: from a note to an urgency with its reasons, questions to a remote model, and a FHIR bundle.

read ─▶ ground ─▶ score ─▶ ask ─▶ release ─▶ consult ×k ─▶ merge ─▶ write_fhir ─▶ result
"""

from __future__ import annotations

from operator import add
from typing import Annotated

from bedside.agents.consultant import Ask, consult, fan_out, merge_step
from bedside.agents.grounder import ground_step
from bedside.agents.planner import ask_step
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.triager import Assessment
from bedside.agents.triager.step import score_step
from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import END, REMOTE, START, ClinicalGraph, Private, Shareable, release
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import Advice

__all__ = ["TriageState", "build"]


class TriageState(NoteState, total=False):
    """What a case carries through the graph, beside what `note_to_fhir` carries."""

    assessment: Private[Assessment]
    drafts: Private[list[Draft]]
    refused: Private[list[Refusal]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    advice: Private[list[Advice]]


def build() -> ClinicalGraph:
    """The graph, uncompiled: add nodes of your own, or compile it with your saver."""
    graph = ClinicalGraph(TriageState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("score", score_step)
    graph.add_node("ask", ask_step)
    graph.add_node("release", release("drafts", "questions", refused="refused"))
    graph.add_node("consult", consult, zone=REMOTE, input_schema=Ask)
    graph.add_node("merge", merge_step)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "score")
    graph.add_edge("score", "ask")
    graph.add_edge("ask", "release")
    graph.add_conditional_edges("release", fan_out("questions", "consult", otherwise="merge"), ["consult", "merge"])
    graph.add_edge("consult", "merge")
    graph.add_edge("merge", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
