"""Observation charts. All values are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import Assertion, FactKind

WIDE = "Time   HR   BP      RR  SpO2  Temp\n08:00  88   132/78  16  97    36.9\n10:00  124  98/54   26  91    38.8"
NARROW = "Time HR BP RR SpO2 Temp\n0800 88 132/78 16 97 36.9\n1000 124 98/54 26 91 38.8"
BARS = (
    "| Time | HR | BP | RR | SpO2 |\n|---|---|---|---|---|\n| 08:00 | 88 | 132/78 | 16 | 97 |\n"
    "| 10:00 | 124 | 98/54 | 26 | 91 |"
)
TURNED = "        08:00   10:00\nHR      88      124\nBP      132/78  98/54\nRR      16      26\nSpO2    97      91"
TABS = "Time\tHR\tBP\tRR\tSpO2\n08:00\t88\t132/78\t16\t97\n10:00\t124\t98/54\t26\t91"


@pytest.mark.parametrize(
    "chart", [WIDE, NARROW, BARS, TURNED, TABS], ids=["wide", "narrow", "bars", "turned", "tabs"]
)
def test_each_cell_is_a_value_of_its_column(chart: str) -> None:
    note = f"Observations overnight\n{chart}\nReviewed by the registrar."
    read = {
        (fact.concept, str(fact.quantity.value))
        for fact in read_note("d1", note).of_kind(FactKind.VITAL)
        if fact.quantity
    }
    assert {
        ("heart-rate", "88"), ("heart-rate", "124"), ("respiration-rate", "26"), ("spo2", "97"), ("spo2", "91"),
        ("systolic-blood-pressure", "132"), ("systolic-blood-pressure", "98"), ("diastolic-blood-pressure", "54"),
    } <= read  # fmt: skip


@pytest.mark.parametrize(
    "note",
    [
        # A cell is missing, and all behind it would move.
        "Time HR BP RR SpO2\n0800 88 16 97",
        "Check HR, BP, RR and SpO2 hourly\n4 rooms 12 beds 3 nurses 97",
        "HR BP RR SpO2\n\nseen in room 12",
    ],
)
def test_a_line_that_does_not_fit_is_not_read(note: str) -> None:
    assert not [fact for fact in read_note("d1", note).of_kind(FactKind.VITAL) if fact.quantity]


DAYS = {
    "dates": (
        "Date: 14/03/2026\n        12/03   13/03   14/03\nNa      118     125     134\nK       6.9     5.1     4.2",
        {"118 past", "125 past", "134", "6.9 past", "5.1 past", "4.2"},
    ),
    "months": (
        "Test      03-Mar-26   05-Mar-26\nPotassium   6.8   4.4\nSodium   121   133\n",
        {"6.8 past", "4.4", "121 past", "133"},
    ),
    "counted": (
        "| | Day 1 | Day 2 | Day 3 |\n|---|---|---|---|\n| CRP | 240 | 180 | 22 |\n| Lactate | 5.1 | 2.0 | 1.1 |\n",
        {"240 past", "180 past", "22", "5.1 past", "2.0 past", "1.1"},
    ),
    "stay": (
        "          Admission   Today\nLactate   5.2   1.1\nCRP   310   40\n",
        {"5.2 past", "1.1", "310 past", "40"},
    ),
    "newest first": (
        "Test  14/03/26  12/03/26\nPotassium   6.9   4.1\nSodium   121   133\n",
        {"6.9", "4.1 past", "121", "133 past"},
    ),
    # Times of one day: which one counts is a person's word.
    "times": ("Time  06:00 10:00 14:00\nHR  130  110  88\n", {"130", "110", "88"}),
}


@pytest.mark.parametrize("name", DAYS)
def test_a_chart_by_days_has_its_last_day_today(name: str) -> None:
    text, values = DAYS[name]
    facts = read_note("n", text).facts
    said = {
        f"{fact.quantity.value}{'' if fact.assertion is Assertion.PRESENT else ' past'}"
        for fact in facts
        if fact.quantity
    }
    assert said == values
