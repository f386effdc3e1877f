"""Whose allergy, and to what: a stated one is never lost, none is made of a denial or a relative. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind

NONE = "no known allergies"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("NKDA", [NONE]),
        ("No drug allergies.", [NONE]),
        ("No allergies to any medicine.", [NONE]),
        ("Denies any known allergies.", [NONE]),
        # Of one substance it says nothing of others.
        ("No allergy to penicillin.", []),
        ("Denies allergies to latex and penicillin.", []),
        ("No allergy to penicillin. Allergic to aspirin.", ["aspirin"]),
        ("No known allergy to contrast.", []),
        # A relative's.
        ("Father is allergic to aspirin.", []),
        ("Mother has a penicillin allergy.", []),
        ("Her sister and grandmother are allergic to nuts.", []),
        ("Allergies: father allergic to penicillin", []),
        # The patient's, whoever says so.
        ("Mother reports allergic to penicillin.", ["penicillin"]),
        ("Mum is worried: he is allergic to penicillin.", ["penicillin"]),
        ("His mother says the patient is allergic to eggs.", ["eggs"]),
        ("Child is allergic to peanuts.", ["peanut"]),
        ("6-year-old, son is allergic to peanuts.", ["peanut"]),
        ("Lives with his wife. Allergic to penicillin.", ["penicillin"]),
    ],
)
def test_whose_allergy_and_to_what(note: str, expected: list[str]) -> None:
    facts = read_note("note", note).of_kind(FactKind.ALLERGY)
    assert [fact.display for fact in facts if fact.assertion.value == "present"] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("He is not allergic to penicillin", {"penicillin": "absent"}),
        ("Penicillin allergy: de-labelled after a negative challenge", {"penicillin": "absent"}),
        ("Penicillin allergy has been disproved", {"penicillin": "absent"}),
        ("No longer allergic to eggs", {"eggs": "absent"}),
        # A denial is no refutation.
        ("Denies allergies to penicillin, sulfa or latex", {}),
        # What is tolerated is another drug.
        ("Allergies: penicillin (tolerated cefalexin)", {"penicillin": "present"}),
        ("Not allergic to anything", {}),
        ("If allergic to penicillin give clarithromycin", {}),
    ],
)
def test_a_refuted_allergy_is_a_fact_of_its_own(text: str, said: dict[str, str]) -> None:
    record = read_note("d1", text)
    assert {fact.display: fact.assertion.value for fact in record.of_kind(FactKind.ALLERGY)} == said
    assert record.of_kind(FactKind.MEDICATION) == () or "clarithromycin" in text
