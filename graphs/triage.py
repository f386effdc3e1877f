"""Triage: from a note to an urgency with its reasons, questions to a remote model, and a FHIR bundle.

read ─▶ ground ─▶ score ─▶ ask ─▶ release ─▶ review_questions ─▶ consult ×k ─▶ merge
     ─▶ review_result ─▶ write_fhir ─▶ result

A review happens where one is asked for (`--review`); otherwise its two nodes let the case pass.
"""

from __future__ import annotations

from operator import add
from typing import Annotated

from bedside.agents.consultant import Ask, consult, merge_step
from bedside.agents.grounder import ground_step
from bedside.agents.planner import ask_step
from bedside.agents.reader.step import read_step
from bedside.agents.reviewer import after_questions, review_questions, review_result
from bedside.agents.scribe.step import result_step, write_step
from bedside.agents.triager import Assessment
from bedside.agents.triager.step import score_step
from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import END, REMOTE, START, ClinicalGraph, Private, Shareable, release
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import Advice, Edit

__all__ = ["TriageState", "build"]


class TriageState(NoteState, total=False):
    """What a case carries through the graph, beside what `note_to_fhir` carries."""

    assessment: Private[Assessment]
    drafts: Private[list[Draft]]
    refused: Private[list[Refusal]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    approved: Private[list[str]]
    advice: Private[list[Advice]]
    reviewer: Private[str]
    edits: Private[list[Edit]]


def build() -> ClinicalGraph:
    """The graph, uncompiled: add nodes of your own, or compile it with your saver."""
    graph = ClinicalGraph(TriageState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("score", score_step)
    graph.add_node("ask", ask_step)
    graph.add_node("release", release("drafts", "questions", refused="refused"))
    graph.add_node("review_questions", review_questions)
    graph.add_node("consult", consult, zone=REMOTE, input_schema=Ask)
    graph.add_node("merge", merge_step)
    graph.add_node("review_result", review_result)
    graph.add_node("write_fhir", write_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "score")
    graph.add_edge("score", "ask")
    graph.add_edge("ask", "release")
    graph.add_edge("release", "review_questions")
    route = after_questions(release="release", consult="consult", otherwise="merge")
    graph.add_conditional_edges("review_questions", route, ["release", "consult", "merge"])
    graph.add_edge("consult", "merge")
    graph.add_edge("merge", "review_result")
    graph.add_edge("review_result", "write_fhir")
    graph.add_edge("write_fhir", "result")
    graph.add_edge("result", END)
    return graph
