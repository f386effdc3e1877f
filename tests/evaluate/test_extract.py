"""The evaluation `extract`, against figures that can be counted by hand. All synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.evaluate import evaluate
from bedside.evaluate.extract import Extract

NOTE = "HPI: Chest pain since Monday. No fever.\nMeds: aspirin 81 mg daily.\nBP 150/90.\nFH: father had diabetes."


def item(kind: str, concept: str, assertion: str, *mentions: str, **attrs: str) -> dict[str, Any]:
    return {"kind": kind, "concept": concept, "assertion": assertion, "mentions": list(mentions), "attrs": attrs}


ITEMS = [
    item("problem", "chest pain", "present", "Chest pain"),
    item("problem", "fever", "absent", "fever"),
    item("medication", "aspirin", "present", "aspirin", dose="81 mg", frequency="daily"),
    item("vital", "blood pressure", "present", "BP 150/90", value="150/90"),
    item("family", "diabetes", "family", "diabetes", relative="father"),
]


def figures(tmp_path: Path, **row: Any) -> dict[str, float]:
    (tmp_path / "own.jsonl").write_text(json.dumps({"id": "a", "note": NOTE} | row) + "\n")
    (one,) = evaluate(Extract(), tmp_path).rows
    return {name: figure[0] for name, figure in one.figures.items() if figure is not None}


def test_a_note_read_as_annotated_scores_one_everywhere(tmp_path: Path) -> None:
    found = figures(tmp_path, items=ITEMS)
    assert found.pop("set aside") == 0
    assert set(found.values()) == {1}
    assert {"F1 problem", "F1 vital", "F1 family", "dose", "frequency", "value", "relative", "accepted"} <= set(
        found
    )


@pytest.mark.parametrize(
    ("changed", "figure", "value"),
    [
        ([*ITEMS, item("problem", "syncope", "present", "since Monday")], "F1 problem", 4 / 5),
        (ITEMS[1:], "F1 problem", 2 / 3),  # chest pain is now an invention
        ([item("problem", "chest pain", "absent", "Chest pain"), *ITEMS[1:]], "assertion", 4 / 5),
        ([*ITEMS[:2], item("medication", "aspirin", "present", "aspirin", dose="75 mg"), *ITEMS[3:]], "dose", 0),
        ([*ITEMS[:2], item("medication", "aspirin", "present", "aspirin"), *ITEMS[3:]], "frequency", 0),
        ([*ITEMS[:3], item("vital", "blood pressure", "present", "150/90", value="140/90"), ITEMS[4]], "value", 0),
        ([*ITEMS[:4], item("family", "diabetes", "family", "diabetes", relative="mother")], "relative", 0),
    ],
)
def test_what_differs_from_the_annotation_costs(
    tmp_path: Path, changed: list[dict[str, Any]], figure: str, value: float
) -> None:
    assert figures(tmp_path, items=changed)[figure] == pytest.approx(value)


def test_an_optional_item_counts_neither_way(tmp_path: Path) -> None:
    assert figures(tmp_path, items=ITEMS[1:], optional=ITEMS[:1])["F1 problem"] == 1
    assert figures(tmp_path, items=ITEMS, optional=[item("problem", "x", "present", "since")])["F1 problem"] == 1


def test_a_coded_note_is_judged_by_its_own_and_its_earlier_record(tmp_path: Path) -> None:
    note = "# Chief Complaint\n- Cough\n\n# History\nPatient has a history of asthma, hypertension.\n"
    rows = [
        {"id": "1", "patient": "p", "date": "2001-01-01", "note": "", "gold": [condition("Asthma")]},
        {"id": "2", "patient": "p", "date": "2002-01-01", "note": note, "gold": [condition("Hypertension")]},
        {"id": "3", "patient": "q", "date": "2002-01-01", "note": note, "gold": [condition("Hypertension")]},
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[1:]))
    (one,) = evaluate(Extract(), tmp_path).rows
    # Asthma is in nobody's record here.
    assert (one.figures["recall"] or (0,))[0] == 1
    assert (one.figures["precision"] or (0,))[0] == pytest.approx(4 / 6)
    rows[0]["note"] = "Seen for asthma."
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (one,) = evaluate(Extract(), tmp_path).rows
    assert (one.figures["precision"] or (0,))[0] == pytest.approx(6 / 7)


def condition(display: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "display": display, "stated_in_note": True}


@pytest.mark.parametrize("line", ['{"id": "a", "note": "x", "items": [{"kind": "problem"}]}', "nonsense"])
def test_a_line_that_is_no_annotated_note_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "own.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"own\.jsonl, line 1"):
        evaluate(Extract(), tmp_path)


def test_a_folder_without_annotated_notes_says_so(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"id": "a", "text": "x"}\n')
    with pytest.raises(InputError, match="no annotated note"):
        evaluate(Extract(), tmp_path)
