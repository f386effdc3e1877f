"""Values of other days in one note: each keeps its day, and the current one counts. All notes are synthetic.

`dated_values.jsonl`: the lines `values-` were written before the rules, those with `second-` after the first of
them. What does not hold yet is `open`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager.triage import assess
from bedside.records import FactKind
from tests.expectations import missed, rows_of

_ROWS = rows_of(Path(__file__).parent, "dated_values.jsonl")


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_a_value_keeps_its_day_and_the_current_one_counts(row: dict[str, Any]) -> None:
    assert bool(missed(row)) == bool(row.get("open")), missed(row)


@pytest.mark.parametrize(
    "text",
    [
        "Fell yesterday, BP 78/40. BP 124/70 after fluids.",
        "Unwell since yesterday BP 78/40, later 124/70.",
        "Last seen on 12/3/26: well. BP 78/40. BP 124/70.",
        "He was told yesterday that his BP is low: BP 78/40. BP 124/70.",
        "BP 78/40 (yesterday 124/70).",
        "BP 78/40, was 124/70 yesterday.",
    ],
)
def test_guarantee_a_time_that_belongs_to_something_else_takes_no_danger_away(text: str) -> None:
    assert assess(read_note("n", f"70-year-old man. {text}")).urgency in (1, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Date: 14 March 2026\nK 4.1 on 3/3/2026", "2026-03-03"),
        ("Date: 14 March 2026\nK 4.1 yesterday", "2026-03-13"),
        ("Date: 14 March 2026\nK 4.1 on 12 March", "2026-03-12"),
        ("Date: 4 January 2026\nK 4.1 on 30 December", "2025-12-30"),
        ("Date: 14 March 2026\nK 4.1 in 2023", "2023"),
        ("K 4.1 yesterday", None),
    ],
)
def test_the_day_of_a_value_is_as_precise_as_its_words(text: str, day: str | None) -> None:
    (fact,) = read_note("n", text).of_kind(FactKind.LAB)
    assert fact.measured is not None
    assert fact.measured.date == day


def test_a_value_of_the_note_s_own_day_has_no_other() -> None:
    for text in ("K 4.1 today", "K 4.1", "Date: 14 March 2026\nK 4.1 on 14/3/2026"):
        (fact,) = read_note("n", text).of_kind(FactKind.LAB)
        assert fact.measured is None
