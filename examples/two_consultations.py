"""Two consultations: the same closed question to two remote models, and where their answers contradict each other.

bedside run examples/two_consultations.py:build examples/notes/chest_pain.txt \
    --consult scripted:examples/chest_pain.answers.json --consult second=scripted:examples/second_model.answers.json

Each question is released for each model apart; what was released for one does not go to the other.
"""

from typing import Any

import bedside
from bedside import Draft, Private
from bedside.nodes import (
    Consultation,
    NoteState,
    Reviewed,
    Triaged,
    add_consultation,
    asking,
    ground_step,
    read_step,
    result_step,
    review_result,
    score_step,
)


class TwoModels(NoteState, Triaged, Consultation, Reviewed):
    second_drafts: Private[list[Draft]]
    agreement: Private[str]


def compose(state: TwoModels, runtime: bedside.Runtime) -> dict[str, Any]:
    """The questions for both."""
    composed = asking("consult/danger")(dict(state), runtime)
    return {**composed, "second_drafts": composed["drafts"]}


def again(state: TwoModels) -> dict[str, Any]:
    """Between the two nothing is to be done: the second one's questions are drafted."""
    return {}


def compare(state: TwoModels) -> dict[str, Any]:
    """Say in one line whether they agree on the urgency."""
    urgencies = {one.destination: one.urgency for one in state.get("advice", []) if one.urgency is not None}
    if len(urgencies) < len({one.destination for one in state.get("advice", [])}):
        return {"agreement": "not both models named an urgency"}
    same = len(set(urgencies.values())) == 1
    return {
        "agreement": "they name the same urgency" if same else "they name different urgencies: a person decides"
    }


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(TwoModels)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("score", score_step), ("compose", compose)])
    add_consultation(graph, after="compose", then="again")
    graph.add_node("again", again)
    add_consultation(graph, after="again", then="compare", name="second")
    graph.add_sequence([("compare", compare), ("review_result", review_result), ("result", result_step)])
    return graph.add_edge(bedside.START, "read")
