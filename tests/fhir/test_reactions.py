"""A reaction of long ago is an allergy or a story, and never a draft of a prescription. All lines are invented."""

from __future__ import annotations

import json

import pytest

from bedside.evaluate.graph import InstalledGraph

LINES = (
    "rash with penicillin in 2010",
    "anaphylaxis to amoxicillin as a child, has not had it since",
    "tried ramipril, cough",
    "reacted to contrast years ago",
    "came out in hives after co-amoxiclav in 2015, avoid",
    "clarithromycin gave her terrible diarrhoea last time",
    "swelled up with ibuprofen as a teenager",
    "previous Stevens-Johnson with lamotrigine",
    "statin stopped: muscle pains on atorvastatin 2018",
    "could not tolerate metformin, GI upset",
    "Allergic to codeine (vomiting), would not take it again",
    "trimethoprim - itchy rash ten years ago",
    "adverse reaction to morphine after her operation in 2009",
    "angioedema on lisinopril, switched to losartan 50 mg daily",
    "she was told never to have aspirin again after wheezing with it",
    "Do not give nitrofurantoin, hepatitis with it in 2012",
    "childhood penicillin allergy, never tested",
    "vancomycin: red man syndrome during admission 2020",
    "amlodipine caused ankle swelling so she came off it",
    "NSAIDs make his asthma worse, avoids them",
    "Flucloxacillin 2003 jaundice. Needs antibiotic today.",
)
ALLERGIES = {
    "rash with penicillin in 2010": ["penicillin"],
    "came out in hives after co-amoxiclav in 2015, avoid": ["amoxicillin/clavulanate"],
    "anaphylaxis to amoxicillin as a child, has not had it since": ["amoxicillin"],
    "Allergic to codeine (vomiting), would not take it again": ["codeine"],
    "childhood penicillin allergy, never tested": ["penicillin"],
}
"""Of the others the built-in reader makes no allergy yet."""


@pytest.fixture(scope="module")
def graph() -> InstalledGraph:
    return InstalledGraph("note_to_fhir")


@pytest.mark.parametrize("line", LINES)
def test_no_prescription_is_drafted_of_a_reaction(graph: InstalledGraph, line: str) -> None:
    for note in (line, f"54-year-old woman with cough for 3 days. {line}. Temp 37.9 C."):
        resources = [entry["resource"] for entry in json.loads(graph(note).bundle or "")["entry"]]
        assert not any(one["resourceType"] == "MedicationRequest" for one in resources)
        allergies = [one for one in resources if one["resourceType"] == "AllergyIntolerance"]
        assert [one["code"]["text"] for one in allergies] == ALLERGIES.get(line, [])
        assert all(one["clinicalStatus"]["coding"][0]["code"] == "active" for one in allergies)


def test_beside_a_reaction_what_is_planned_is_drafted(graph: InstalledGraph) -> None:
    note = "Plan: no penicillin please, rash in 2010; start doxycycline 100 mg BD for 7 days"
    resources = [entry["resource"] for entry in json.loads(graph(note).bundle or "")["entry"]]
    drafts = [one for one in resources if one["resourceType"] == "MedicationRequest"]
    assert [one["medicationCodeableConcept"]["text"] for one in drafts] == ["doxycycline"]
