"""What the page and the line of a triage say beside the urgency. The note is synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import bedside

NOTE = "62-year-old male, abdominal pain since Monday. Alert, on air. HR 112, BP 98/70, T 38.5, RR 18.\n"


def test_the_page_and_the_line_say_what_to_measure_and_where_the_case_stands_in_esi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text(NOTE)
    assert bedside(monkeypatch, "triage", "note.txt", "--jsonl", "all.jsonl") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert (
        "Scores NEWS2 5 to 8, at least medium risk · ESI B high risk, C many resources, D danger-zone vital" in page
    )
    assert "not stated: SpO2 Measure SpO2: NEWS2 is between 5 and 8; 93 % or less would make it 7 or more" in page
    bedside(monkeypatch, "triage", "note.txt", "--full")
    full = " ".join(capsys.readouterr().out.split())
    assert "Not stated: SpO2 Measure SpO2: NEWS2 is between 5 and 8; 93 % or less would make it 7 or more" in full
    assert "ESI A: cannot be said. No need of immediate intervention is stated; unknown: SpO2" in full
    assert "ESI D: Danger zone of this age: pulse over 100 /min" in full
    (row,) = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [ask["input"] for ask in row["asks"]] == ["spo2"]
    assert [point["point"] for point in row["decision_points"]] == ["A", "B", "C", "D"]
    assert [point["met"] for point in row["decision_points"]] == [None, True, True, True]
    assert row["decision_points"][3]["facts"]


ANSWERS = [
    {
        "contains": "danger not to be missed",
        "answer": "URGENCY: 1\nPulmonary embolism (heart rate; high; source: ESC 2019)\nCall a surgeon\n"
        "NEED: medications",
    },
    {
        "contains": "likeliest",
        "answer": "There is no pulmonary embolism (abdominal pain; low)\n" + "\n".join("abcdefghi"),
    },
]


def test_the_page_and_the_line_say_what_an_answer_rests_on_and_where_it_contradicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text(NOTE + "Xyzzy pain. Takes metformin.\n")
    (tmp_path / "a.json").write_text(json.dumps(ANSWERS))
    words = ("triage", "note.txt", "--consult", "scripted:a.json", "--jsonl", "all.jsonl")
    assert bedside(monkeypatch, *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "1 Pulmonary embolism “HR 112”" in page, "the reason that raised the urgency, with its evidence"
    assert (
        "• Pulmonary embolism ← heart rate 112 (confidence high; it names the source “ESC 2019”, not looked up)"
        in page
    )
    assert "• Call a surgeon ! cites no fact that it was shown" in page
    assert "it asks for: medications" in page
    assert "consult/danger (sent to consult:scripted, round 2;" in page
    assert "urgency: rules: urgency 2; but consult/danger: urgency 1" in page
    assert "pulmonary embolism: consult/danger: Pulmonary embolism; but consult/differential: There is no" in page
    assert "4 more statements" in page
    (row,) = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    first, *_ = row["questions"]
    known = {fact["id"] for fact in row["facts"]}
    assert set(first["facts"]) | {one["fact"] for one in first["withheld"]} == known
    assert all(one["why"] for one in first["withheld"])
    assert row["answers"][0]["claims"][0]["facts"]
    assert [one["about"] for one in row["disagreements"]] == ["urgency", "pulmonary embolism"]


def test_a_summary_is_a_page_of_sentences_with_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("62-year-old male. PMH: hypertension.")
    (tmp_path / "two.txt").write_text("Takes lisinopril 10 mg daily.")
    assert (
        bedside(monkeypatch, "run", "summarize", "one.txt", "two.txt", "--one-patient", "--jsonl", "all.jsonl") == 0
    )
    page = " ".join(capsys.readouterr().out.split())
    assert "Lasting: hypertension. [one 23–35]" in page
    assert "Takes: lisinopril 10 mg daily. [two 6–16]" in page
    assert "Not stated: allergies, vital signs." in page
    (row,) = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert row["summary"][1]["evidence"] == [{"document": "one", "start": 23, "end": 35}]
