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
    assert "Not stated: SpO2 Measure SpO2: NEWS2 is between 5 and 8; 93 % or less would make it 7 or more" in page
    assert "ESI A: cannot be said. No need of immediate intervention is stated; unknown: SpO2" in page
    assert "ESI D: Danger zone of this age: pulse over 100 /min" in page
    (row,) = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [ask["input"] for ask in row["asks"]] == ["spo2"]
    assert [point["point"] for point in row["decision_points"]] == ["A", "B", "C", "D"]
    assert [point["met"] for point in row["decision_points"]] == [None, True, True, True]
    assert row["decision_points"][3]["facts"]
