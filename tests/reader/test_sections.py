"""Headings of notes. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader.document.sections import split_sections


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CHIEF COMPLAINT\n\nCough.\n\nPLAN\n\nRest.", ["complaint", "plan"]),
        ("# Chief Complaint\n- Cough\n# Medications\naspirin", ["complaint", "medications"]),
        ("**Allergies:** none", ["allergies"]),
        ("PMH: asthma\nDH: aspirin", ["past", "medications"]),
        ("Cough. PMH: asthma. Meds: aspirin", ["unheaded", "past", "medications"]),
        ("SH lives alone", ["social"]),
        ("FH - father died", ["family"]),
        ("PMHx and FH: nil", ["past"]),
        ("Imp: cold\n\nPlan: rest", ["assessment", "plan"]),
        ("PMH: asthma\n\nHas tried cream", ["past", "unheaded"]),
        ("PAST HISTORY\n\nMedical\nAsthma.\n\nSOCIAL HISTORY\n\nFarmer.", ["past", "social"]),
        ("PMH\n\nAsthma\n\nED COURSE\n\nStable.", ["past", "unheaded"]),
        ("PMH\n\nAsthma\n\nATRIAL FIBRILLATION\n", ["past"]),
        # Near misses.
        ("FH of heart disease", ["unheaded"]),
        ("The plan is rest.", ["unheaded"]),
        ("Note the exam time: 10:30", ["unheaded"]),
        ("", []),
    ],
)
def test_sections(text: str, parts: list[str]) -> None:
    sections = [section for section in split_sections(text) if text[section.start : section.end].strip()]
    assert [section.part.value for section in sections] == parts
