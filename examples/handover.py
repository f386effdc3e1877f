"""A handover that asks a larger model only about who is urgent by the rules: an edge around a consultation.

bedside run examples/handover.py:build examples/notes/chest_pain.txt \
    --consult scripted:examples/chest_pain.answers.json

examples/notes/planned_drug.txt is not urgent: nothing is asked. With --review a person confirms each question
before it leaves, and the result before it is final. The notes are synthetic.
"""

from typing import Literal

import bedside
from bedside.nodes import (
    Consultation,
    NoteState,
    Reviewed,
    Triaged,
    add_consultation,
    asking,
    read_step,
    result_step,
    review_result,
    score_step,
)

LEAST_URGENT = 3  # of those who are asked about; 1 is immediate, 5 routine


class Handover(NoteState, Triaged, Consultation, Reviewed):
    """The channels of the nodes below."""


def is_urgent(state: Handover) -> Literal["ask", "pass_over"]:
    """The router: rules decide, before any model has spoken."""
    urgency = state["assessment"].urgency
    return "ask" if urgency is not None and urgency <= LEAST_URGENT else "pass_over"


def pass_over(state: Handover) -> dict[str, list[str]]:
    """An own local node: the page says why nothing was asked."""
    urgency = state["assessment"].urgency
    rules = "no urgency" if urgency is None else f"urgency {urgency}"
    return {"not_done": [f"no question was asked: the rules say {rules}, and 1 to {LEAST_URGENT} are asked about"]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Handover)
    graph.add_node("read", read_step)
    graph.add_node("score", score_step)
    graph.add_node("ask", asking("consult/danger", "consult/tests"))
    graph.add_node("pass_over", pass_over)
    add_consultation(graph, after="ask", then="review_result")
    graph.add_node("review_result", review_result)
    graph.add_node("result", result_step)
    graph.add_edge(bedside.START, "read").add_edge("read", "score").add_conditional_edges("score", is_urgent)
    graph.add_edge("pass_over", "review_result").add_edge("review_result", "result").add_edge("result", bedside.END)
    return graph
