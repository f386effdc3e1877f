"""The part of a graph that asks: from drafts to answers laid beside the rules, in at most three rounds."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any

from bedside.agents.consultant.consult import Ask, consult
from bedside.agents.consultant.step import merge_step, weigh_step
from bedside.agents.planner import follow_up_step
from bedside.agents.reviewer import after_questions, review_questions
from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import REMOTE, CaseState, ClinicalGraph, Private, Shareable, release
from bedside.records import Advice, Disagreement

__all__ = ["Consultation", "add_consultation"]


class Consultation(CaseState, total=False):
    """Channels of a graph that asks a remote model.

    Attributes:
        drafts: What is to be asked: written by the node before `release`.
        round: Which round of questions it is, from 0.
        advice: All questions and answers, of all rounds.
        approver: Who said what may leave, where a person was asked.
        reviewer: Who confirmed the result, where a person was asked.
    """

    drafts: Private[list[Draft]]
    round: Private[int]
    refused: Private[list[Refusal]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    approved: Private[list[str]]
    advice: Annotated[Private[list[Advice]], add]
    disagreements: Private[list[Disagreement]]
    approver: Private[str]
    reviewer: Private[str]


def add_consultation(graph: ClinicalGraph, after: str, then: str) -> None:
    """Add the nodes `release`, `review_questions`, `consult`, `merge`, `follow_up` and `weigh` between two nodes.

    release ─▶ review_questions ─▶ consult ×k ─▶ merge ─▶ follow_up ─▶ weigh; a person's rewriting and an answer
    that asks for a kind of fact lead back to `release`.

    Args:
        graph: A graph whose state has the channels of `Consultation`.
        after: The node that composes `drafts`.
        then: The node that follows.
    """
    graph.add_node("release", release("drafts", "questions", refused="refused"))
    graph.add_node("review_questions", review_questions)
    graph.add_node("consult", consult, zone=REMOTE, input_schema=Ask)
    graph.add_node("merge", merge_step)
    graph.add_node("follow_up", follow_up_step)
    graph.add_node("weigh", weigh_step)
    graph.add_edge(after, "release")
    graph.add_edge("release", "review_questions")
    route = after_questions(release="release", consult="consult", otherwise="merge")
    graph.add_conditional_edges("review_questions", route, ["release", "consult", "merge"])
    graph.add_edge("consult", "merge")
    graph.add_edge("merge", "follow_up")
    graph.add_conditional_edges("follow_up", _after_follow_up, ["release", "weigh"])
    graph.add_edge("weigh", then)


def _after_follow_up(state: dict[str, Any]) -> str:
    return "release" if state.get("drafts") else "weigh"
