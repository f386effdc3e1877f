"""`bedside deidentify` and `bedside reidentify` as a user types them. All synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import bedside

NOTE = "Mr. Chidi Okonkwo was seen at Mercy General Hospital on 14 March 2024. Chest pain.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text(NOTE)
    return tmp_path


@pytest.mark.parametrize("style", ["placeholders", "surrogates", "shifted"])
def test_there_and_back(folder: Path, monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    words = ["deidentify", "note.txt", "--jsonl", "out.jsonl", "--style", style, "--store", "store"]
    assert bedside(monkeypatch, *words) == 0
    row = json.loads((folder / "out.jsonl").read_text())
    assert "Okonkwo" not in row["text"]
    assert "Chest pain" in row["text"]
    assert [NOTE[span["start"] : span["end"]] for span in row["spans"] if span["label"] == "DATE"] == [
        "14 March 2024"
    ]
    assert bedside(monkeypatch, "reidentify", "out.jsonl", "--jsonl", "back.jsonl", "--store", "store") == 0
    assert json.loads((folder / "back.jsonl").read_text()) == {"id": row["id"], "text": NOTE}


def test_without_a_store_there_is_no_way_back_and_a_message_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "deidentify", "note.txt", "--jsonl", "out.jsonl") == 0
    assert "still personal data" in capsys.readouterr().out
    assert set(json.loads((folder / "out.jsonl").read_text())) == {"id", "text", "spans"}
    assert bedside(monkeypatch, "reidentify", "out.jsonl", "--jsonl", "back.jsonl") == 2
    assert "--store" in capsys.readouterr().err
    assert bedside(monkeypatch, "reidentify", "out.jsonl", "--jsonl", "back.jsonl", "--store", "store") == 2
    assert "out.jsonl, line 1" in capsys.readouterr().err


def test_an_edited_text_comes_back_and_a_stranger_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "deidentify", "note.txt", "--jsonl", "out.jsonl", "--store", "store") == 0
    row = json.loads((folder / "out.jsonl").read_text())
    row["text"] = "Letter for [Person 1], not for [PERSON_7]."
    (folder / "out.jsonl").write_text(json.dumps(row) + "\n")
    assert bedside(monkeypatch, "reidentify", "out.jsonl", "--jsonl", "back.jsonl", "--store", "store") == 1
    assert "[PERSON_7]" in capsys.readouterr().err
    assert (
        json.loads((folder / "back.jsonl").read_text())["text"] == "Letter for Chidi Okonkwo, not for [PERSON_7]."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["deidentify", "nowhere.txt", "--jsonl", "out.jsonl"], "nowhere.txt"),
        (["deidentify", "note.txt", "--jsonl", "no/out.jsonl"], "choose another --jsonl"),
        (["deidentify", "note.txt", "--jsonl", "out.jsonl", "--style", "x"], "placeholders, surrogates, shifted"),
        (["reidentify", "nowhere.jsonl", "--jsonl", "out.jsonl", "--store", "store"], "cannot read nowhere.jsonl"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    assert bedside(monkeypatch, *words) in (1, 2)
    assert message in capsys.readouterr().err
