"""What was taken for another thing: a reaction or a signature for a drug, "fitting" for nothing. Synthetic.

`taken_for_another.jsonl`: the lines `first-` were written before the rules, those with `second-` after them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.records import AgeUnit, FactKind
from tests.expectations import missed, rows_of


@pytest.mark.parametrize(
    "row", rows_of(Path(__file__).parent, "taken_for_another.jsonl"), ids=lambda row: row["id"]
)
def test_a_line_is_read_as_what_it_is(row: dict[str, Any]) -> None:
    assert missed(row) == []


def test_a_reaction_of_long_ago_is_told_by_its_allergy() -> None:
    record = read_note("n", "Hives with amoxicillin in 2011.")
    (allergy,) = record.facts
    assert (allergy.kind, allergy.text_value) == (FactKind.ALLERGY, "hives")


@pytest.mark.parametrize(
    "text",
    ["Mother had a rash with penicillin in 2010.", "No rash with penicillin in 2010.", "Rash after penicillin."],
)
def test_another_s_reaction_a_denied_one_and_one_of_today_make_no_allergy(text: str) -> None:
    assert not read_note("n", text).of_kind(FactKind.ALLERGY)


@pytest.mark.parametrize(
    "text", ["He's fitting.", "hes fitting", "He's been fitting for ten minutes.", "She is fitting"]
)
def test_a_fit_that_goes_on_is_one_in_short_forms_too(text: str) -> None:
    assert [fact.concept for fact in read_note("n", text).facts] == ["ongoing-seizure"]


def test_an_anaphylaxis_of_long_ago_is_the_reaction_of_its_allergy() -> None:
    (allergy,) = read_note("n", "Anaphylaxis with amoxicillin in 2010.").facts
    assert (allergy.kind, allergy.text_value) == (FactKind.ALLERGY, "anaphylaxis")


@pytest.mark.parametrize(
    ("text", "days"), [("Baby girl 20 hours old, jaundiced.", 0), ("30 hour old newborn, jaundiced.", 1)]
)
def test_an_age_in_hours_is_one_in_whole_days(text: str, days: int) -> None:
    patient = read_note("n", text).patient
    assert (patient.age, patient.age_unit) == (days, AgeUnit.DAYS)


def test_a_wound_that_is_hours_old_is_nobody_s_age() -> None:
    assert read_note("n", "12 hour old laceration of the hand.").patient.age is None
