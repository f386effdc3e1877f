"""Observation charts. All values are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind

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
