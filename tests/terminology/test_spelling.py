"""Misspelled words of a note. All synthetic."""

from __future__ import annotations

import pytest

from bedside.tools.terminology import find_concepts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("headches", "headache"),
        ("labrynthitis", "labyrinthitis"),
        ("diarhoea", "diarrhea"),
        ("fexofenatidine", "fexofenadine"),
        ("diarolyte", "dioralyte"),
        ("Labrynthitis", "labyrinthitis"),
    ],
)
def test_a_slip_is_mended_and_keeps_its_place(written: str, meant: str) -> None:
    text = f"Has {written} now" if written.islower() else f"Imp: {written}"
    (match,) = find_concepts(text)
    assert match.concept.display == meant
    assert text[match.start : match.end] == written


@pytest.mark.parametrize("text", ["Dr. Migrane called", "Spurling's test", "Amelia called", "He is an asthmatist"])
def test_a_name_or_a_plain_word_is_not_mended(text: str) -> None:
    assert [match.concept.display for match in find_concepts(text)] == []
