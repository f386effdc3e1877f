"""Each row of `data/social.tsv`: its example says so of a habit, its near miss does not. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.extract.social import Habit, habits
from bedside.records import FactKind


def said(row: Habit, sentence: str) -> list[str | None]:
    facts = read_note("d1", f"Social history: {sentence}").facts
    return [fact.text_value for fact in facts if fact.kind is FactKind.SOCIAL and fact.concept == row.concept]


@pytest.mark.parametrize("row", habits(), ids=lambda row: row.id)
def test_the_example_says_so(row: Habit) -> None:
    assert row.find(row.example, row.example.lower()) is not None
    assert said(row, row.example) == [row.value]


@pytest.mark.parametrize("row", habits(), ids=lambda row: row.id)
def test_the_near_miss_says_something_else(row: Habit) -> None:
    assert said(row, row.near_miss) != [row.value]
