"""No heading hides a complaint: what stands beside or under the words that name a patient is read. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note

HEADINGS = (
    "Patient: Chidi Okonkwo",
    "Name: Chidi Okonkwo",
    "MRN: 00-48-27",
    "DOB: 14/03/1962",
    "Date: 03/14/2024",
    "Provider: Dr. Brown",
    "Age: 62  Sex: M",
    "Insurance: private",
    "Demographics: 62M",
    "NOTE",
    "Attestation:",
    "ED COURSE",
)


@pytest.mark.parametrize("between", ["\n", "\n\n", ". ", " "])
@pytest.mark.parametrize("heading", HEADINGS)
def test_a_complaint_behind_a_heading_is_read(heading: str, between: str) -> None:
    text = f"{heading}{between}Crushing chest pain since this morning. Takes aspirin 75 mg."
    facts = {(fact.display, fact.assertion.value) for fact in read_note("n", text).facts}
    assert ("chest pain", "present") in facts
    assert ("aspirin", "present") in facts


@pytest.mark.parametrize(
    "heading", ["Allergies: penicillin (rash).", "Allergies: NKDA", "FH: father MI", "PMH: asthma", "SH: smoker"]
)
def test_the_line_behind_a_short_section_is_the_patients_own(heading: str) -> None:
    text = f"{heading}\nSeizure at home this morning. HR 118, BP 94/60. Lives alone."
    found = read_note("n", text).facts
    facts = {(fact.kind.value, fact.display, fact.assertion.value) for fact in found}
    assert ("problem", "seizure", "present") in facts
    assert ("vital", "heart rate", "present") in facts
    assert {fact.display for fact in found if fact.kind == "allergy"} <= {"penicillin", "no known allergies"}


def test_a_complaint_beside_the_patient_is_read() -> None:
    facts = {fact.display for fact in read_note("n", "Patient: 62M with chest pain, hx of HTN").facts}
    assert {"chest pain", "hypertension"} <= facts
