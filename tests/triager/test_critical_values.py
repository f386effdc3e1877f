"""Critical laboratory values, in conventional and SI units. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess


def _codes(note: str) -> set[str]:
    return {reason.code for reason in assess(read_note("d1", note)).reasons}


@pytest.mark.parametrize(
    ("hours", "level", "over"),
    [
        (4, 100, True),
        (4, 99, False),
        (8, 50, True),
        (8, 49, False),
        (15, 15, True),
        (15, 14, False),
        (3, 200, False),
    ],
)
def test_a_level_of_acetaminophen_is_held_against_the_hours_since(hours: int, level: int, over: bool) -> None:
    """MHRA 2012: 100 mg/L at 4 hours, 15 at 15; before 4 hours a level says nothing of the line."""
    note = f"Overdose of paracetamol {hours} hours ago. Paracetamol level {level} mg/L."
    assert ("acetaminophen-over-the-line" in _codes(note)) is over


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("Adjusted Ca 1.6 mmol/L.", "low-calcium"),
        ("Calcium 6.4 mg/dL.", "low-calcium"),
        ("Calcium 15.2 mg/dL.", "very-high-calcium"),
        ("Corrected calcium 3.1 mmol/L.", "high-calcium"),
        ("Creatinine 812 umol/L, was 90 last week.", "high-creatinine"),
        ("Creat 6.3 mg/dL.", "high-creatinine"),
        ("Urea 41 mmol/L.", "high-urea"),
        ("BUN 90 mg/dL.", "high-urea"),
        ("Mg 0.3 mmol/L.", "low-magnesium"),
        ("Phosphate 0.2 mmol/L.", "low-phosphate"),
        ("Platelets 22 K/uL.", "low-platelets"),
        ("Platelets 6 x10^9/L.", "very-low-platelets"),
        ("pH 7.06.", "severe-acidosis"),
        ("Lithium level 1.9 mmol/L.", "high-lithium"),
        ("Lithium level 3.1 mmol/L.", "very-high-lithium"),
        ("Digoxin level 3.0 ng/mL.", "high-digoxin"),
        ("Paracetamol level 210 mg/L.", "high-acetaminophen"),
        ("Troponin 940 ng/L.", "raised-troponin-alone"),
    ],
)
def test_a_critical_value_is_the_reason(note: str, code: str) -> None:
    assert code in _codes(f"62 year old man. {note}")


@pytest.mark.parametrize(
    "note",
    [
        "Ca 2.41 mmol/L, creatinine 96 umol/L, urea 6 mmol/L, Mg 0.8 mmol/L, phosphate 1.1 mmol/L.",
        "Calcium 9.6 mg/dL, creatinine 0.9 mg/dL, BUN 14 mg/dL, magnesium 2.0 mg/dL, phosphate 3.4 mg/dL.",
        "Ca 9.6, creatinine 1.1, platelets 250000, pH 7.38.",
        "Lithium level 0.7 mmol/L. Digoxin level 1.1 ng/mL. Troponin 4 ng/L.",
    ],
)
def test_an_ordinary_value_is_none(note: str) -> None:
    assert _codes(f"62 year old man. {note}") == {"default"}


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("Platelets 8,000/uL.", 2),
        ("Plt 2,500 /cumm.", 2),
        ("Platelets 182,000 /µL.", 4),
        ("Neutrophils 80 cells/uL, temp 38.9.", 2),
    ],
)
def test_counts_by_the_microlitre_are_counts(note: str, urgency: int) -> None:
    record = read_note("d1", note)
    assert assess(record).urgency == urgency
    assert not [issue for issue in record.issues if issue.code == "implausible-value"]
