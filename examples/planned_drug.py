"""Planned drugs against stated allergies: one closed question of coded slots, by a prompt template of one's own.

BEDSIDE_PROMPTS=examples/prompts bedside run examples/planned_drug.py:build examples/notes/planned_drug.txt \
    --consult scripted:examples/planned_drug.answers.json

The template is examples/prompts/ward/planned_drug.md: its path in the folder is its name. The note is synthetic.
"""

from typing import Any

import bedside
from bedside import Draft
from bedside.boundary import Coded, Heading, Stayed, Withheld
from bedside.nodes import Consultation, NoteState, Reviewed, add_consultation, read_step, result_step, review_result
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind

TEMPLATE = "ward/planned_drug"
NO_ALLERGY = "no known allergies"  # a statement, not a substance: the reader gives it no concept


class PlannedDrug(NoteState, Consultation, Reviewed):
    """The channels of the nodes below."""


def planned_drugs(record: ClinicalRecord) -> list[Fact]:
    return [fact for fact in record.facts if fact.medication and fact.medication.status == "planned"]


def compose(state: PlannedDrug) -> dict[str, Any]:
    """An own local node: drafts one question, or says why there is none. Only what a code table names is in it."""
    record = state["record"]
    drugs = planned_drugs(record)
    stated = [f for f in record.facts if f.kind is FactKind.ALLERGY and f.assertion is not Assertion.ABSENT]
    if not drugs:
        return {"drafts": [], "not_done": ["no question was asked: no planned drug was read in the note"]}
    if not stated:
        return {"drafts": [], "warnings": ["A drug is planned, and the note is silent on allergies: ask."]}
    allergies = [fact for fact in stated if fact.display != NO_ALLERGY]
    unnamed = [fact for fact in (*drugs, *allergies) if not fact.concept]
    warnings = [f"{fact.display.capitalize()} is in no code table: compare it yourself." for fact in unnamed]
    medications = [Coded(heading=Heading.MEDICATIONS, display=f.display, fact=f.id) for f in drugs if f.concept]
    against = [Coded(heading=Heading.ALLERGIES, display=f.display, fact=f.id) for f in allergies if f.concept]
    if not medications or not against:
        why = "no question was asked: no planned drug and allergy that a question could name"
        return {"drafts": [], "warnings": warnings, "not_done": [why]}
    slots = (*medications, *against)
    shown = {slot.fact for slot in slots}
    unknown = {fact.id for fact in unnamed}
    withheld = tuple(
        Withheld(fact=fact.id, why=Stayed.NO_TABLE if fact.id in unknown else Stayed.NOT_NEEDED)
        for fact in record.facts
        if fact.id not in shown
    )
    return {"drafts": [Draft(template=TEMPLATE, slots=slots, withheld=withheld)], "warnings": warnings}


def heed(state: PlannedDrug) -> dict[str, list[str]]:
    """An own local node behind the answer: a "no" becomes a warning, a "yes" clears nothing."""
    claims = [claim for advice in state.get("advice", []) for claim in advice.claims]
    refused = {fact for claim in claims if claim.statement.lower().startswith("no:") for fact in claim.facts}
    drugs = [fact for fact in planned_drugs(state["record"]) if fact.id in refused]
    return {"warnings": [f"The remote model, unchecked, says no to {fact.display}." for fact in drugs]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(PlannedDrug)
    graph.add_node("read", read_step)
    graph.add_node("compose", compose)
    add_consultation(graph, after="compose", then="heed")
    graph.add_node("heed", heed)
    graph.add_node("review_result", review_result)
    graph.add_node("result", result_step)
    graph.add_edge(bedside.START, "read").add_edge("read", "compose").add_edge("heed", "review_result")
    return graph.add_edge("review_result", "result").add_edge("result", bedside.END)
