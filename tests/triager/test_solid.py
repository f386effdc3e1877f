"""What makes a floor and what only asks a person. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reader.tables import rows
from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.solid import FEARS
from bedside.records import DocumentKind

LETTER = "Dear colleague,\nThank you for seeing this 64-year-old gardener about his knee. {}\nYours sincerely"


def triaged(text: str, kind: DocumentKind | None = None) -> Assessment:
    record = with_form(read_note("n", text), "n", text)
    return assess(record.model_copy(update={"kinds": {"n": kind}}) if kind else record)


def level(found: Assessment) -> int:
    return 4 if found.urgency is None else min(found.urgency, 4)


@pytest.mark.parametrize(
    ("note", "asks"),
    [
        ("Query pulmonary embolism. CT today: no pulmonary embolism.", "the same notes answer: no"),
        ("?meningitis. LP clear, no meningitis.", "the same notes answer: no"),
        ("Worried about meningitis. The rash is chickenpox, he plays.", "is feared: is there a sign of it?"),
        ("She thinks she has sepsis. Small graze, clean.", "is feared: is there a sign of it?"),
    ],
)
def test_what_is_answered_or_feared_asks_a_person_and_is_no_emergency(note: str, asks: str) -> None:
    found = triaged(note)
    assert level(found) > 2
    assert any(asks in doubt.message for doubt in found.doubts), found.doubts
    assert all(doubt.facts for doubt in found.doubts)


@pytest.mark.parametrize(
    "note",
    [
        "?pulmonary embolism, short of breath.",
        "Query meningitis.",
        "Suspected sepsis.",
        "Worried about meningitis: fever, stiff neck and a rash that does not fade.",
        "Pulmonary embolism on CT. No pulmonary embolism in 2019.",
        "Meningitis. Denies meningitis in the family.",
        "72F ?CVA.",
    ],
)
def test_what_is_open_or_present_makes_the_floor(note: str) -> None:
    assert level(triaged(note)) <= 2


def test_the_rules_of_fear_are_rules_of_the_reader() -> None:
    assert {row["id"] for table in ("cues", "frames") for row in rows(table)} >= FEARS


@pytest.mark.parametrize("kind", [DocumentKind.LETTER, DocumentKind.VISIT_NOTE, DocumentKind.DISCHARGE_SUMMARY])
def test_a_disease_that_a_letter_only_names_is_asked_about(kind: DocumentKind) -> None:
    text = LETTER.format("Stroke and meningitis are in the notes. Knee pain on stairs. Knee stable.")
    found = triaged(text, kind)
    assert level(found) > 2
    assert "Stroke is named: of whom, and when?" in {doubt.message for doubt in found.doubts}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (DocumentKind.TRIAGE_LINE, ""),
        (DocumentKind.IMAGING_REPORT, ""),
        (DocumentKind.LETTER, "Today he is confused and his speech is slurred."),
        (DocumentKind.LETTER, "BP 82/50, pulse 128."),
        (DocumentKind.VISIT_NOTE, "?sepsis."),
    ],
)
def test_with_a_sign_beside_it_or_in_a_text_of_now_it_counts(kind: DocumentKind, more: str) -> None:
    text = LETTER.format(f"Stroke. Knee pain on stairs. {more}")
    assert level(triaged(text, kind)) <= 2
