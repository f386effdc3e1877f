"""`bedside deidentify` and `bedside reidentify` as a user types them. All synthetic."""

from __future__ import annotations

import json
from collections.abc import Callable
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


OTHER = "Ms. Ana Lindqvist was seen at Saint Brigid Hospital on 2 May 2023. Cough.\n"


def swapped(one: dict[str, str], other: dict[str, str], *fields: str) -> None:
    for field in fields:
        one[field], other[field] = other[field], one[field]


def without_check(one: dict[str, str], other: dict[str, str]) -> None:
    del other["check"]


CHANGES: dict[str, tuple[Callable[[dict[str, str], dict[str, str]], None], str]] = {
    "cases swapped": (lambda one, other: swapped(one, other, "case"), "line 1: the case is not the one"),
    "cases and checks swapped": (
        lambda one, other: swapped(one, other, "case", "check"),
        "line 1: the case is not",
    ),
    "ids swapped": (lambda one, other: swapped(one, other, "id"), "line 1: the case is not the one"),
    "the other's case": (lambda one, other: one.update(case=other["case"]), "line 1: the case is not the one"),
    "the other's check": (lambda one, other: other.update(check=one["check"]), "line 2: the case is not the one"),
    "no check": (without_check, "line 2: it has no checksum of its case"),
    "an empty check": (lambda one, other: one.update(check=""), "line 1: the case is not the one"),
    "letters that are no ASCII": (lambda one, other: one.update(check="é" * 64), "line 1: the case is not the one"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_guarantee_no_line_gets_the_names_of_another_case(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    (folder / "other.txt").write_text(OTHER)
    words = ["deidentify", "note.txt", "other.txt", "--jsonl", "out.jsonl", "--store", "store"]
    assert bedside(monkeypatch, *words) == 0
    one, other = map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    change, says = CHANGES[how]
    change(one, other)
    (folder / "out.jsonl").write_text(json.dumps(one) + "\n" + json.dumps(other) + "\n")
    assert bedside(monkeypatch, "reidentify", "out.jsonl", "--jsonl", "back.jsonl", "--store", "store") == 2
    assert f"out.jsonl, {says}" in capsys.readouterr().err
    assert not (folder / "back.jsonl").exists()


def test_texts_that_were_swapped_are_said_to_be_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text may be edited, so its words are under no checksum."""
    (folder / "other.txt").write_text(OTHER)
    words = ["deidentify", "note.txt", "other.txt", "--jsonl", "out.jsonl", "--store", "store"]
    assert bedside(monkeypatch, *words) == 0
    one, other = map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    back = ["reidentify", "out.jsonl", "--jsonl", "back.jsonl", "--store", "store"]
    assert bedside(monkeypatch, *back) == 0
    assert "not as they were written" not in capsys.readouterr().out
    swapped(one, other, "text")
    (folder / "out.jsonl").write_text(json.dumps(one) + "\n" + json.dumps(other) + "\n")
    bedside(monkeypatch, *back)
    assert "2 of them are not as they were written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["deidentify", "nowhere.txt", "--jsonl", "out.jsonl"], "nowhere.txt"),
        (["deidentify", "note.txt", "--jsonl", "no/out.jsonl"], "choose another place for it"),
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
