"""Sepsis watch: one patient, several notes in the order of the ward. NEWS2 of each, what rose, and whom to call.

bedside run examples/sepsis_watch.py:build examples/ward --one-patient

The notes are synthetic. Thresholds: RCP NEWS2 2017 (5 urgent, 7 emergency); NICE NG253 on suspected sepsis.
"""

from typing import Any

from pydantic import BaseModel

import bedside
from bedside import Private
from bedside.nodes import NoteState, Triaged, assess, ground_step, read_step, result_step, score_step

URGENT, EMERGENCY, RISE = 5, 7, 2
INFECTION = {"infection", "pneumonia", "sepsis", "urinary-tract-infection", "cellulitis", "fever", "rigors"}


class Score(BaseModel):
    """NEWS2 of one note; `least` where inputs are missing."""

    note: str
    total: int | None
    least: int


class Watch(NoteState, Triaged):
    scores: Private[list[Score]]
    advice_to_staff: Private[list[str]]


def watch(state: Watch) -> dict[str, Any]:
    """Score what each note says, for itself."""
    record, scores = state["record"], []
    for name in record.documents:
        facts = tuple(one for one in record.facts if one.evidence.document == name)
        if (score := assess(record.model_copy(update={"facts": facts})).news2) is not None:
            scores.append(Score(note=name, total=score.total, least=score.range[0]))
    return {"scores": scores}


def escalate(state: Watch) -> dict[str, Any]:
    """Say what the scores and the infection ask for."""
    scores = state["scores"]
    if not scores:
        return {"advice_to_staff": ["No note states vital signs: measure them."]}
    last, first = scores[-1], scores[0]
    infected = [
        one.display for one in state["record"].facts if one.concept in INFECTION and one.assertion == "present"
    ]
    advice = []
    if last.least >= EMERGENCY and infected:
        advice.append(
            f"NEWS2 {last.least} with {infected[0]}: treat as suspected sepsis, antibiotics within the hour."
        )
    elif last.least >= URGENT:
        advice.append(f"NEWS2 {last.least}: urgent review by a clinician.")
    if last.least - first.least >= RISE:
        advice.append(f"It rose from {first.least} ({first.note}) to {last.least} ({last.note}).")
    return {"advice_to_staff": advice or ["No escalation by these scores: go on observing."]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Watch)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("score", score_step)])
    graph.add_sequence([("watch", watch), ("escalate", escalate), ("result", result_step)])
    return graph.add_edge(bedside.START, "read").add_edge("score", "watch")
