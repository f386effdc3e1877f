"""Lines written by a second pair of eyes, with what a clinician expects of each. All are synthetic.

`fresh_lines.jsonl` has a line each: those with the id `eyes-` were written before the rules were seen, those with
`hidden-` against the rules, to hide what is present or to raise what is not. Those of `against_rules.jsonl` look
like the wording of a rule and mean the opposite. What does not hold yet is `open`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.agents.triager.triage import assess
from bedside.records import ClinicalRecord, Fact, FactKind

_ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for name in ("fresh_lines.jsonl", "against_rules.jsonl")
    for line in (Path(__file__).parent / name).read_text("utf-8").splitlines()
]
_MOST_OPEN = 56 + 34


def _value(fact: Fact) -> str | None:
    if fact.kind in (FactKind.VITAL, FactKind.LAB):
        return str(fact.quantity.value) if fact.quantity else fact.text_value
    if fact.kind is FactKind.MEDICATION:
        return fact.medication.status if fact.medication else None
    return fact.assertion.value


def _read(expected: dict[str, Any], text: str, record: ClinicalRecord) -> list[str | None]:
    """What was read of a thing: assertion, value or status of each fact that names it."""
    (kind, *_) = expected["kind"]
    if kind == "urgency":
        return [str(assess(record).urgency)]
    if kind == "patient":
        return [str(getattr(record.patient, expected["word"][0]))]
    words = [word.lower() for word in expected["word"]]
    return [
        _value(fact)
        for fact in record.facts
        if fact.kind.value in expected["kind"]
        and any(
            word in said.lower()
            for word in words
            for said in (fact.display, fact.concept or "", text[fact.evidence.start : fact.evidence.end])
        )
    ]


def _holds(expected: dict[str, Any], text: str, record: ClinicalRecord) -> bool:
    read = _read(expected, text, record)
    hit = any(one in expected["is"] for one in read) if expected["is"] else bool(read)
    return hit != bool(expected.get("never"))


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_what_held_goes_on_holding(row: dict[str, Any]) -> None:
    record = reconcile([read_note("d1", row["text"])])
    assert [one for one in row["expect"] if not one.get("open") and not _holds(one, row["text"], record)] == []


def test_what_is_open_is_open_and_little() -> None:
    """Whoever mends one takes its mark away, so that it goes on holding."""
    still = [
        (row["id"], one)
        for row in _ROWS
        for one in row["expect"]
        if one.get("open") and _holds(one, row["text"], reconcile([read_note("d1", row["text"])]))
    ]
    assert still == []
    assert sum(bool(one.get("open")) for row in _ROWS for one in row["expect"]) <= _MOST_OPEN
