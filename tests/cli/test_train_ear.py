"""`bedside train-ear` and the setting `ear`. All notes are synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bedside.models.ear import Ear, shipped
from tests.cli.test_cli import bedside, lines

NOTE = "17F. Swallowed two boxes of the headache pills after a row, says she feels fine and wants to go home."


def notes(file: Path, count: int) -> None:
    """Labelled notes as a user has them: texts of the corpus that the training below leaves out."""
    own = [row for row in shipped() if row.set == "primary_care"]
    picked = [*[row for row in own if row.emergency][:count], *[row for row in own if row.urgency >= 4][:count]]
    file.write_text("".join(json.dumps({"note": row.text, "urgency": row.urgency}) + "\n" for row in picked))


@pytest.mark.slow
def test_it_trains_says_whether_that_helped_and_the_file_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for room in ("tuning", "cli"):
        monkeypatch.setattr(f"bedside.{room}.ear.shipped", lambda: shipped()[:600])
    notes(tmp_path / "own.jsonl", 25)
    assert bedside(monkeypatch, "train-ear", "own.jsonl", "--out", "own.npz") == 0
    told = capsys.readouterr().out
    assert "emergencies raised to 2" in told
    assert "of 25" in told
    assert "elped" in told or "did not help" in told
    assert "no text of your notes" in told
    assert Ear.load(tmp_path / "own.npz").name != Ear.installed().name
    (tmp_path / "note.txt").write_text(NOTE)
    monkeypatch.setenv("BEDSIDE_EAR", "own.npz")
    bedside(monkeypatch, "triage", "note.txt", "--jsonl", "all.jsonl")
    (row,) = lines(tmp_path / "all.jsonl")
    assert row["ear"]["name"] == Ear.load(tmp_path / "own.npz").name


def test_the_setting_switches_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text(NOTE)
    found = {}
    for word in ("builtin", "off"):
        monkeypatch.setenv("BEDSIDE_EAR", word)
        bedside(monkeypatch, "triage", "note.txt", "--jsonl", f"{word}.jsonl")
        (found[word],) = lines(tmp_path / f"{word}.jsonl")
    assert found["off"]["ear"] is None
    assert found["builtin"]["ear"]["name"] == Ear.installed().name
    assert found["builtin"]["urgency"] == 2


def test_what_it_reads_like_stands_in_the_line_on_the_page_and_in_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("13M woken 0300 by sudden pain R groin. R hemiscrotum high and hard.")
    bedside(monkeypatch, "triage", "note.txt", "--jsonl", "all.jsonl", "--out", "bundles")
    (row,) = lines(tmp_path / "all.jsonl")
    (bundle,) = [file.read_text() for file in (tmp_path / "bundles").iterdir()]
    says = "Reads like testicular torsion: more urgent than the rules found"
    assert row["reasons"][0]["conditions"] == ["testicular torsion"]
    assert row["reasons"][0]["message"] == says
    assert f'"rationale":"{says}' in bundle
    assert says in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(
    ("count", "out", "says"),
    [
        (3, "own.npz", "holds 3 emergencies and 3 notes that can wait; 20 of each are needed"),
        (25, "note.txt", "exists"),
    ],
)
def test_what_cannot_be_trained_is_told_before_any_time_is_spent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    count: int,
    out: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text(NOTE)
    notes(tmp_path / "own.jsonl", count)
    assert bedside(monkeypatch, "train-ear", "own.jsonl", "--out", out) == 2
    assert says in capsys.readouterr().err
