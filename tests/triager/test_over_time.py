"""Red flags that speak of time: durations, onsets, and values one after the other. All notes are synthetic.

`over_time.jsonl`: the lines `first-` were written before the rules, those with `second-` after them, `later-` as
rules asked for one. What does not hold yet is `open`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reconciler import reconcile
from bedside.agents.triager import assess
from bedside.agents.triager.over_time import Change, may_meet, parse_over_time
from bedside.agents.triager.rules import load_rules
from bedside.records import Quantity, Reason
from tests.expectations import record_of, rows_of

_ROWS = rows_of(Path(__file__).parent, "over_time.jsonl")
_SPEAK_OF_TIME = {rule.id: rule for rule in load_rules() if rule.condition.over_time}


def reason(code: str, *notes: str) -> Reason | None:
    return next((one for one in assess(record_of(notes)).reasons if one.code == code), None)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["id"])
def test_a_note_meets_a_rule_or_only_looks_like_it(row: dict[str, Any]) -> None:
    assert ((reason(row["rule"], row["note"]) is not None) == row["holds"]) != bool(row.get("open"))


@pytest.mark.parametrize("rule", _SPEAK_OF_TIME)
def test_each_rule_of_time_has_a_note_and_a_near_miss(rule: str) -> None:
    held = {row["holds"] for row in _ROWS if row["rule"] == rule and not row.get("open")}
    assert held == {True, False}


@pytest.mark.parametrize(
    "row", [row for row in _ROWS if row["holds"] and not row.get("open")], ids=lambda row: row["id"]
)
def test_guarantee_a_change_stands_on_the_characters_of_both_values(row: dict[str, Any]) -> None:
    statements = _SPEAK_OF_TIME[row["rule"]].condition.over_time if row["rule"] in _SPEAK_OF_TIME else ()
    found = reason(row["rule"], row["note"])
    assert found is not None
    facts = {fact.id: fact for fact in record_of([row["note"]]).facts}
    assert set(found.facts) <= set(facts)
    changes = [one for one in statements if isinstance(one, Change)]
    numbers = {fact.quantity.value for name in found.facts if (fact := facts[name]).quantity is not None}
    assert not changes or len(numbers) >= 2
    for name in found.facts:
        evidence = facts[name].evidence
        assert row["note"][evidence.start : evidence.end].strip()


@pytest.mark.parametrize(
    ("note", "holds"),
    [
        # The window: a day that is known to lie outside of it is no reason, one that nobody tells is.
        ("Creatinine 88 six days ago, 180 today.", True),
        ("Creatinine 88 nine days ago, 180 today.", False),
        ("Creatinine 88 last month, 180 today.", False),
        ("Creatinine 88 previously, 180 today.", True),
        # What a later day has replaced is no reason today; of one day the worst counts.
        ("Creatinine 88 on Monday, 240 on Wednesday, 95 today.", False),
        ("Creatinine 88 at 08:00, 240 at 12:00, 95 at 16:00.", True),
        ("Creatinine 88 yesterday, 240 today. Creatinine 90 at 10:00.", True),
        ("Creatinine 0.9 mg/dL yesterday, 2.1 mg/dL today.", True),
        ("Creatinine 180. Creatinine 88.", False),
        ("            Day 1   Day 3\nCreatinine   88   240\nHb   140   138", True),
        ("            Day 1   Day 12\nCreatinine   88   240\nHb   140   138", False),
    ],
)
def test_a_change_is_looked_for_within_its_window(note: str, holds: bool) -> None:
    assert (reason("creatinine-rise-50-percent", note) is not None) is holds


def test_a_change_is_found_between_notes_of_known_days_alone() -> None:
    dated = ("Date: 11 March 2026\nHb 141 g/L", "Date: 14 March 2026\nHb 108 g/L")
    assert reason("hemoglobin-fall", *dated) is not None
    assert reason("hemoglobin-fall", *dated[::-1]) is not None
    assert reason("hemoglobin-fall", "Hb 141 g/L", "Hb 108 g/L") is None
    assert reason("hemoglobin-fall", "Date: 14 January 2026\nHb 141 g/L", dated[1]) is None


def test_what_changed_during_a_stay_that_is_over_asks_for_nothing() -> None:
    note = (
        "DISCHARGE SUMMARY\nAdmitted: 1 March 2026\nDischarged: 9 March 2026\n"
        "Hospital course: Hb 141 on admission.\nDischarge examination: Hb 108 g/L, well.\n"
        "Discharge medications: aspirin 75 mg daily\nDiagnosis: hip fracture"
    )
    record = reconcile([with_form(read_note("n", note), "n", note)])
    assert "hemoglobin-fall" not in [one.code for one in assess(record).reasons]


def _time(text: str) -> Quantity:
    found = re.fullmatch(r"(<=|>=|<|>)?([0-9.]+) (\w+)", text)
    assert found is not None
    return Quantity(value=Decimal(found[2]), unit=found[3], comparator=found[1])


@pytest.mark.parametrize(
    ("time", "sign", "limit", "meets"),
    [
        ("3 wk", ">=", "3 wk", True),
        ("21 d", ">=", "3 wk", True),
        ("20 d", ">=", "3 wk", False),
        ("3 wk", ">", "3 wk", False),
        (">3 wk", ">", "3 wk", True),
        (">5 min", ">", "15 min", False),
        ("<1 d", "<=", "4 h", True),
        ("<1 d", ">", "15 min", False),
        (">4 h", "<=", "4 h", False),
        ("90 min", "<=", "4 h", True),
    ],
)
def test_a_time_meets_a_limit(time: str, sign: str, limit: str, meets: bool) -> None:
    assert may_meet(_time(time), sign, _time(limit)) is meets


@pytest.mark.parametrize(
    "text",
    [
        "cough>=3 weeks",
        "cough lasts 3 weeks",
        "cough lasts>=3",
        "cough lasts>=3 moons",
        "creatinine rises 50%",
        "creatinine rises<=50%",
        "creatinine changes>=50%",
        "creatinine rises>=50% in a week",
    ],
)
def test_a_statement_that_is_none_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="the forms are 'cough lasts>=3 weeks'"):
        parse_over_time(text)
