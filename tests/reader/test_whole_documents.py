"""Whole documents of the kinds that change what a fact means. All are synthetic.

`whole_documents.jsonl`: those with `second-` and `third-` were written after the rules, the others before. What
does not hold yet is `open`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.kinds import is_sure, kind_of_document
from bedside.agents.reader.document.passages import PassageRule, passage_rules, passages
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reader.modify.by_kind import OTHER_PATIENTS, OVER
from bedside.agents.triager.triage import assess
from bedside.records import Assertion, DocumentKind, FactKind
from tests.expectations import missed, record_of, rows_of

_ROWS = rows_of(Path(__file__).parent, "whole_documents.jsonl")
_MOST_OPEN = 10
_EMERGENCY = (
    "67-year-old man, crushing chest pain for 30 minutes, sweating. BP 82/50, HR 128, SpO2 88% on air, confused."
)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_a_whole_document_says_what_its_reader_takes_from_it(row: dict[str, Any]) -> None:
    assert kind_of_document(row["text"]).value == row["kind"]
    assert missed({**row, "expect": [one for one in row["expect"] if not one.get("open")]}) == []


def test_what_is_open_is_open_and_little() -> None:
    """Whoever mends one takes its mark away, so that it goes on holding."""
    opened = [(row, one) for row in _ROWS for one in row["expect"] if one.get("open")]
    assert [(row["id"], one) for row, one in opened if not missed({**row, "expect": [one]})] == []
    assert len(opened) <= _MOST_OPEN


@pytest.mark.parametrize("rule", passage_rules(), ids=lambda rule: rule.id)
def test_a_label_finds_its_example_and_not_its_near_miss(rule: PassageRule) -> None:
    assert rule.pattern.match(rule.example)
    assert passages(rule.example, rule.kind)[-1].role == rule.role
    assert passages(rule.near_miss, rule.kind)[-1].role != rule.role


def test_a_passage_ends_at_the_next_label_at_a_blank_line_and_after_a_short_line() -> None:
    text = (
        "Course: fever, treated with a drug over days and days until it had gone away again\nand again.\n"
        "Ward: 3\nDiagnosis: gout\nShe went home.\nDischarge medications:\naspirin\n- codeine\n\nAfter that"
    )
    found = [
        (text[one.start : one.end].strip(" \n-"), one.role)
        for one in passages(text, DocumentKind.DISCHARGE_SUMMARY)
        if one.start < one.end
    ]
    assert found == [
        ("Course: fever, treated with a drug over days and days until it had gone away again", "story"),
        ("and again.", "story"),
        ("Ward: 3", ""),
        ("Diagnosis: gout", "diagnoses"),
        ("She went home.", ""),
        ("Discharge medications:", "drugs"),
        ("aspirin", "drugs"),
        ("codeine", "drugs"),
        ("After that", ""),
    ]


@pytest.mark.parametrize(
    "around",
    [
        "DISCHARGE SUMMARY\n{}",
        "Discharge letter\n\n{}",
        "{}\nDischarge diagnosis of the last stay: NSTEMI.",
        "OPERATION NOTE\n{}",
        "Dear Dr Test,\n{}\nYours sincerely",
        "SBAR handover\nBed 4\n{}",
        "Bed 2: well, home today.\nBed 4: {}",
        "CT HEAD REPORT\nIndication: {}\nFindings: normal.",
        "HANDOVER\n1. Bed 2, 33F: well.\n2. Bed 4: {}",
        "Discharged last week after a stay in hospital. Discharge medications: aspirin. Today: {}",
    ],
)
def test_guarantee_words_of_a_kind_around_an_emergency_take_nothing_away(around: str) -> None:
    text = around.format(_EMERGENCY)
    assert assess(with_form(read_note("n", text), "n", text)).urgency in (1, 2)


def test_what_a_stay_told_is_named_and_not_counted() -> None:
    text = next(row["text"] for row in _ROWS if row["id"] == "discharge-2")
    record = record_of([text])
    (over,) = [issue for issue in record.issues if issue.code == OVER]
    named = {fact.display for fact in record.facts if fact.id in over.facts and fact.assertion is Assertion.PRESENT}
    assert any("infarction" in one or "stemi" in one.lower() for one in named)
    assert is_sure(text, DocumentKind.DISCHARGE_SUMMARY)
    # Told again as today's, it counts again.
    later = record_of([text, "Date: 20 March 2026\nReturns with an inferior STEMI. Crushing chest pain."])
    assert assess(later).urgency in (1, 2)


def test_the_patients_of_other_beds_are_told() -> None:
    text = next(row["text"] for row in _ROWS if row["id"] == "handover-1")
    (issue,) = [one for one in record_of([text]).issues if one.code == OTHER_PATIENTS]
    assert issue.evidence is not None
    assert "chest pain" in text[issue.evidence.start : issue.evidence.end]


def test_values_of_a_stay_keep_their_time_and_are_written() -> None:
    text = next(row["text"] for row in _ROWS if row["id"] == "discharge-1")
    past = [fact for fact in record_of([text]).of_kind(FactKind.VITAL, FactKind.LAB) if fact.measured]
    assert {str(fact.quantity.value) for fact in past if fact.quantity} >= {"78", "39.6", "5.1"}
    assert json.loads(past[0].model_dump_json())["measured"]["text"]
