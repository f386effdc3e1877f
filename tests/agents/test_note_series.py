"""Two or three notes of one patient: the newest word counts, values keep their day. All notes are synthetic.

The rows of `note_series.jsonl` were written before the rules.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.scribe.bundle import DeviceInfo, write_bundle
from bedside.agents.summarizer import summarize
from bedside.agents.triager.triage import assess
from bedside.records import Assertion, ClinicalRecord, FactKind
from bedside.tools.fhir.documents import as_patient_summary
from tests.expectations import missed, record_of, rows_of

_ROWS = rows_of(Path(__file__).parent, "note_series.jsonl")
_NOTES = (
    "Date: 5 April 2026\nPotassium 4.1 mmol/L. BP 124/76. Cough.",
    "Date: 3 April 2026\nPotassium 6.9 mmol/L. BP 82/40. Fever.",
)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_the_newest_word_of_a_series_counts(row: dict[str, Any]) -> None:
    assert missed(row) == []


def bundle_of(record: ClinicalRecord) -> dict[str, Any]:
    written = write_bundle(
        record,
        assess(record),
        {f"n{at}": text for at, text in enumerate(_NOTES)},
        case="case",
        recorded=datetime(2026, 4, 6, tzinfo=UTC),
        device=DeviceInfo("Bedside", "0"),
    )
    assert written.set_aside == ()
    read: dict[str, Any] = json.loads(written.to_json())
    return read


def test_an_observation_has_the_day_of_its_own_note() -> None:
    bundle = bundle_of(record_of(_NOTES))
    days = {
        str(one["resource"]["valueQuantity"]["value"]): one["resource"]["effectiveDateTime"]
        for one in bundle["entry"]
        if "valueQuantity" in one["resource"]
    }
    assert days == {"4.1": "2026-04-05", "6.9": "2026-04-03"}


def test_a_patient_summary_and_a_page_begin_with_the_newest() -> None:
    record = record_of(_NOTES)
    summary = json.loads(as_patient_summary(json.dumps(bundle_of(record))))
    sections = summary["entry"][0]["resource"]["section"]
    (results,) = [one["text"]["div"] for one in sections if one["title"] == "Results"]
    assert results.index("4.1") < results.index("6.9")
    page = "\n".join(sentence.text for sentence in summarize(record))
    assert page.index("potassium 4.1") < page.index("potassium 6.9")
    assert "potassium 6.9 mmol/L (2026-04-03)" in page
    assert page.index("cough") < page.index("fever")


def test_a_value_alone_stays_for_a_month_and_not_for_years() -> None:
    for day, said in (("1 April 2026", Assertion.PRESENT), ("1 April 2024", Assertion.HISTORICAL)):
        record = record_of([f"Date: {day}\nPotassium 6.9 mmol/L.", "Date: 5 April 2026\nSeen at home."])
        (value,) = record.of_kind(FactKind.LAB)
        assert value.assertion is said


def test_guarantee_without_days_the_order_of_the_notes_takes_no_danger_away() -> None:
    notes = ["70M. BP 78/40, K 6.9.", "70M. BP 124/76, K 4.1."]
    assert assess(record_of(notes)).urgency == assess(record_of(notes[::-1])).urgency == 2
