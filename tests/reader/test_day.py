"""The day of a document, by the dates at its head. All notes are synthetic.

`note_heads.jsonl`: the lines `head-` were written before the rules, those with `second-` after the first of them.
What does not hold yet is `open`.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.reader.document.day import calendar_of

_ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "note_heads.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_the_day_of_a_note_is_the_one_that_its_head_means(row: dict[str, Any]) -> None:
    record = read_note("n", row["text"])
    unclear = [issue for issue in record.issues if issue.code == "unclear-date"]
    holds = record.visited == row["visit"] and bool(unclear) == bool(row.get("unclear"))
    assert holds != bool(row.get("open")), record.visited


def test_a_day_that_can_be_two_is_told_with_its_characters() -> None:
    text = "Date: 03/04/2024\nHe has a cough."
    (issue,) = [one for one in read_note("n", text).issues if one.code == "unclear-date"]
    assert issue.evidence is not None
    assert text[issue.evidence.start : issue.evidence.end] == "03/04/2024"
    assert "2024" not in issue.message


@pytest.mark.parametrize(
    ("other", "day"),
    [
        ("DOB 22/11/1950", date(2024, 4, 3)),
        ("DOB 11/22/1950", date(2024, 3, 4)),
        ("DOB 22/11/1950, wife 11/22/1951", None),  # a text of both orders shows none
        ("DOB 11/10/1950", None),
    ],
)
def test_another_date_of_the_text_shows_which_number_is_the_month(other: str, day: date | None) -> None:
    assert calendar_of(f"Date: 03/04/2024\n{other}\n").day == day


@given(
    st.dates(date(1971, 1, 1), date(2060, 12, 31)),
    st.sampled_from(["%d %B %Y", "%Y-%m-%d", "%B %d, %Y", "%d %b %y"]),
)
def test_every_day_of_every_clear_form_is_read(day: date, form: str) -> None:
    assert calendar_of(f"Date of visit: {day.strftime(form)}\nWell.").day == day
