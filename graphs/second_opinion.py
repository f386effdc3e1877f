"""Second opinion: the note as free text, shown to a person before it leaves, and what a larger model makes of it.

read ─▶ ground ─▶ compose ─▶ release ─▶ review_questions ─▶ consult ─▶ merge ─▶ result

What leaves here is narrative by nature: it waits for a person's yes, whether or not a review is asked for.
"""

from __future__ import annotations

from operator import add
from typing import Annotated

from bedside.agents.consultant import Ask, consult, merge_step
from bedside.agents.grounder import ground_step
from bedside.agents.planner import narrate_step
from bedside.agents.reader.step import read_step
from bedside.agents.reviewer import after_questions, review_questions
from bedside.agents.scribe.step import result_step
from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import END, REMOTE, START, ClinicalGraph, Private, Shareable, release
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import Advice

__all__ = ["OpinionState", "build"]


class OpinionState(NoteState, total=False):
    """What a case carries through the graph."""

    drafts: Private[list[Draft]]
    refused: Private[list[Refusal]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    approved: Private[list[str]]
    advice: Private[list[Advice]]
    reviewer: Private[str]


def build() -> ClinicalGraph:
    """The graph, uncompiled. It needs a checkpointer: it always stops for a person."""
    graph = ClinicalGraph(OpinionState)
    graph.add_node("read", read_step)
    graph.add_node("ground", ground_step)
    graph.add_node("compose", narrate_step)
    graph.add_node("release", release("drafts", "questions", refused="refused"))
    graph.add_node("review_questions", review_questions)
    graph.add_node("consult", consult, zone=REMOTE, input_schema=Ask)
    graph.add_node("merge", merge_step)
    graph.add_node("result", result_step)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ground")
    graph.add_edge("ground", "compose")
    graph.add_edge("compose", "release")
    graph.add_edge("release", "review_questions")
    route = after_questions(release="release", consult="consult", otherwise="merge")
    graph.add_conditional_edges("review_questions", route, ["release", "consult", "merge"])
    graph.add_edge("consult", "merge")
    graph.add_edge("merge", "result")
    graph.add_edge("result", END)
    return graph
