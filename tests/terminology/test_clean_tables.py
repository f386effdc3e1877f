"""The word tables say nothing twice."""

from __future__ import annotations

import runpy
from pathlib import Path

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "clean_tables.py"))


def test_no_name_says_what_another_says() -> None:
    assert SCRIPT["clean"](check=True) == []


def test_a_repeated_name_is_found() -> None:
    rows = [
        {"key": "bruise", "display": "bruise", "synonyms": "bruises|black eye"},
        {"key": "eye", "display": "eye injury", "synonyms": "black-eye|=eye injury|N/V"},
        {"key": "nausea", "display": "nausea", "synonyms": "N/V"},
    ]
    assert [(row["key"], name) for row, name in SCRIPT["repeated_names"](rows)] == [
        ("bruise", "bruises"),
        ("eye", "black-eye"),
    ]


def test_a_repeated_phrase_is_found() -> None:
    rows = [
        {"phrase": "no sign of", "effect": "absent"},
        {"phrase": "no signs of", "effect": "absent"},
        {"phrase": "no signs of", "effect": "possible"},
    ]
    assert list(SCRIPT["repeated_phrases"](rows)) == [rows[1]]
