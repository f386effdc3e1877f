"""What is past, another's, feared, warned of or talked about, and nearly the same words where it is here and now.

`looks_back.jsonl` has a line each, written before the rules that mend its kind; all are synthetic. `here` says
whether the thing counts as this patient's, today. What does not hold yet is `open`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reader.modify.by_kind import OVER
from bedside.records import Assertion

_ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "looks_back.jsonl").read_text("utf-8").splitlines()
]
_MOST_OPEN = 8


def _is_here(row: dict[str, Any]) -> bool:
    record = with_form(read_note("n", row["text"]), "n", row["text"])
    over = {fact for issue in record.issues if issue.code == OVER for fact in issue.facts}
    return any(
        fact.concept == row["concept"]
        and fact.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)
        and fact.id not in over
        for fact in record.facts
    )


@pytest.mark.parametrize("row", [row for row in _ROWS if not row.get("open")], ids=lambda row: row["id"])
def test_what_looks_back_is_told_from_what_is_here(row: dict[str, Any]) -> None:
    assert _is_here(row) is row["here"]


def test_no_emergency_is_open() -> None:
    assert not [row["id"] for row in _ROWS if row["here"] and row.get("open")]


def test_what_is_open_is_open_and_little() -> None:
    """Whoever mends one takes its mark away, so that it goes on holding."""
    still = [row for row in _ROWS if row.get("open")]
    assert [row["id"] for row in still if _is_here(row) is row["here"]] == []
    assert len(still) <= _MOST_OPEN


def test_each_kind_has_both_sides() -> None:
    sides: dict[str, set[bool]] = {}
    for row in _ROWS:
        sides.setdefault(row["kind"], set()).add(row["here"])
    assert [kind for kind, seen in sides.items() if len(seen) < 2] == []
