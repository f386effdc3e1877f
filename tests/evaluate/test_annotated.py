"""The annotated notes under benchmarks/: every mention stands in its note and every value is a legal one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "annotated"
FILES = ("aci_bench.jsonl", "primock57.jsonl")
ASSERTIONS = {"present", "absent", "possible", "historical", "hypothetical", "family"}
ATTRS: dict[str, set[str]] = {
    "problem": set(),
    "medication": {"dose", "route", "frequency", "status"},
    "allergy": {"reaction"},
    "vital": {"value", "unit"},
    "lab": {"value", "unit"},
    "procedure": {"status"},
    "immunization": set(),
    "family": {"relative"},
}
STATUS = {"medication": {"active", "stopped", "planned"}, "procedure": {"done", "planned"}}


def notes(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("name", FILES)
def test_notes_alternate_between_tune_and_report(name: str) -> None:
    rows = notes(name)
    assert len({row["id"] for row in rows}) == len(rows) == 15
    assert [row["split"] for row in rows] == [("tune", "report")[at % 2] for at in range(15)]
    assert all(set(row) == {"id", "split", "note", "items", "optional"} and row["items"] for row in rows)


@pytest.mark.parametrize("name", FILES)
def test_kinds_assertions_and_attributes_are_legal(name: str) -> None:
    for row in notes(name):
        for item in row["items"] + row["optional"]:
            where = (row["id"], item)
            assert set(item) == {"kind", "concept", "assertion", "mentions", "attrs"}, where
            assert item["kind"] in ATTRS, where
            assert item["assertion"] in ASSERTIONS, where
            assert item["concept"] == item["concept"].lower().strip() != "", where
            assert set(item["attrs"]) <= ATTRS[item["kind"]], where
            if "status" in item["attrs"]:
                assert item["attrs"]["status"] in STATUS[item["kind"]], where
        for item in row["items"]:
            assert (item["kind"] == "family") == (item["assertion"] == "family"), (row["id"], item)


@pytest.mark.parametrize("name", FILES)
def test_mentions_and_values_stand_in_the_note(name: str) -> None:
    for row in notes(name):
        for item in row["items"] + row["optional"]:
            where = (row["id"], item)
            assert item["mentions"], where
            assert len(set(item["mentions"])) == len(item["mentions"]), where
            assert all(mention and mention in row["note"] for mention in item["mentions"]), where
            assert all(value in row["note"] for key, value in item["attrs"].items() if key != "status"), where


@pytest.mark.parametrize("name", FILES)
def test_a_fact_is_listed_once(name: str) -> None:
    for row in notes(name):
        facts = [(item["kind"], item["concept"], item["assertion"]) for item in row["items"] + row["optional"]]
        assert len(set(facts)) == len(facts), row["id"]
