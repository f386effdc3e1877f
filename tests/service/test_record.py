"""The age of a record's patient, as rules need it. Synthetic."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.service.record import record_text

TODAY = date(2026, 12, 1)


def record(*born: str) -> dict[str, Any]:
    patients = [{"resourceType": "Patient", "id": f"p{n}", "birthDate": one} for n, one in enumerate(born)]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in patients]}


@pytest.mark.parametrize(
    ("born", "age", "unit"),
    [
        ("1958-02-03", 68, "year"),
        ("1958-12-01", 68, "year"),
        ("1958-12-02", 67, "year"),
        ("2024-12-01", 2, "year"),
        ("2024-12-02", 23, "month"),
        ("2026-09-01", 3, "month"),
        ("2026-11-20", 11, "day"),
    ],
)
def test_the_age_is_read_from_its_line(born: str, age: int, unit: str) -> None:
    patient = read_note("record", record_text(record(born), TODAY)).patient
    assert (patient.age, patient.age_unit.name.lower().rstrip("s")) == (age, unit)


@pytest.mark.parametrize(
    "born", [(), ("1958",), ("1958-02",), ("2027-01-01",), ("1880-01-01",), ("1958-02-03", "2001-01-01")]
)
def test_an_age_that_is_not_known_is_not_stated(born: tuple[str, ...]) -> None:
    assert "Age on" not in record_text(record(*born), TODAY)
