"""What a note or a series of notes is expected to say, as rows of the `.jsonl` files of several test folders.

A row's `expect` holds things of four forms: `{"kind", "word", "says"}` (all states of the facts that the word
names: an assertion, a drug's status, a value with "past" behind it where it is no current one; with `days` for
values; or some of them, `has`, and none of them, `never`), `{"issue"}`, `{"urgency"}` (the digits that may be) and
`{"pregnant"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bedside.agents.reader import read_note
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reconciler import reconcile
from bedside.agents.triager.triage import assess
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind

__all__ = ["missed", "record_of", "rows_of"]

_MEASURED = (FactKind.VITAL, FactKind.LAB)
_NO_MORE = (Assertion.HISTORICAL, Assertion.ABSENT)


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a file beside a test."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def record_of(notes: Sequence[str]) -> ClinicalRecord:
    """The record of one or several notes of a patient, as the `read` node makes it."""
    documents = {f"n{at}": text for at, text in enumerate(notes)}
    return reconcile([with_form(read_note(name, text), name, text) for name, text in documents.items()])


def missed(row: Mapping[str, Any]) -> list[str]:
    """What of a row's expectations does not hold, each with what was read instead."""
    record = record_of(row.get("notes") or [row["text"]])
    return [said for one in row["expect"] if (said := _wrong(record, one)) is not None]


def _wrong(record: ClinicalRecord, expected: Mapping[str, Any]) -> str | None:
    if "issue" in expected:
        codes = sorted({issue.code for issue in record.issues})
        return None if expected["issue"] in codes else f"{expected} but issues are {codes}"
    if "urgency" in expected:
        found = assess(record)
        held = str(found.urgency) in expected["urgency"]
        return None if held else f"{expected} but {found.urgency}: {[one.code for one in found.reasons][:3]}"
    if "pregnant" in expected:
        return None if record.patient.pregnant is expected["pregnant"] else f"{expected} does not hold"
    named = [
        fact
        for fact in record.facts
        if fact.kind.value in expected["kind"].split("|")
        and any(word in fact.display.lower() for word in expected["word"].split("|"))
    ]
    states = sorted({_state(fact) for fact in named})
    if "has" in expected or "never" in expected:
        held = set(expected.get("has", ())) <= set(states) and not set(expected.get("never", ())) & set(states)
        return None if held else f"{expected} but {states}"
    days = {_value(fact): fact.measured.date for fact in named if fact.measured}
    wrong_day = any(days.get(value) != day for value, day in expected.get("days", {}).items())
    if states == sorted(expected["says"]) and not wrong_day:
        return None
    return f"{expected} but {states} {days}"


def _value(fact: Fact) -> str:
    return str(fact.quantity.value) if fact.quantity else fact.text_value or ""


def _state(fact: Fact) -> str:
    if fact.kind in _MEASURED:
        return _value(fact) + ("" if fact.assertion is Assertion.PRESENT else " past")
    if fact.kind is FactKind.MEDICATION:
        if fact.assertion is Assertion.HYPOTHETICAL:
            return "planned"
        return "stopped" if fact.assertion in _NO_MORE or fact.medication is None else fact.medication.status
    if fact.kind is FactKind.PROCEDURE and fact.assertion in (Assertion.PRESENT, Assertion.HISTORICAL):
        return "present"  # done, when ever
    if fact.kind is FactKind.SOCIAL:
        return fact.text_value or fact.assertion.value
    return fact.assertion.value
