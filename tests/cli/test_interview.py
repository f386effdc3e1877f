"""`previsit` and `live` as somebody types them. All texts are synthetic."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import bedside, lines

DIALOGUE = """[doctor] what brings you in today ?
[patient] um , i have chest pain since this morning .

[doctor] any sweating ?
[patient] yeah , a little bit .
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text("62-year-old man with chest pain.\n")
    (tmp_path / "visit.txt").write_text(DIALOGUE)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in words)))


def test_an_interview_shows_what_each_answer_changed_and_ends_with_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "chest pain", "62", "male", "yes")
    assert bedside(monkeypatch, "previsit", "--out", "out", "--jsonl", "all.jsonl") == 0
    page = capsys.readouterr().out
    shown = (
        "1. What brings you here today?\n> chest pain",
        "+ problem chest pain  “chest pain”",
        "↑  3 URGENT  Chest pain",
        "2. How old are you?",
        "4. Are you sweating with it?",
        "2 EMERGENCY   previsit · male, 62 years",
        "The interview ended here",
        "Nothing left this machine.",
    )
    places = [page.index(words) for words in shown]
    assert places == sorted(places)
    assert json.loads((folder / "out" / "previsit.bundle.json").read_text())["resourceType"] == "Bundle"
    (row,) = lines(folder / "all.jsonl")
    assert {fact["display"]: fact["text"] for fact in row["facts"]} == {
        "chest pain": "chest pain",
        "diaphoresis": "sweating",
    }


def test_run_previsit_is_the_same_with_a_note(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = []
    for words in (("previsit",), ("run", "previsit")):
        typed(monkeypatch, "yes, the sweating")
        assert bedside(monkeypatch, *words, "note.txt", "--out", "out") == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert "2 EMERGENCY   note · male, 62 years" in pages[0]
    assert "“62-year-old man" not in pages[0]


def test_without_a_store_the_end_of_the_input_ends_the_interview(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch)
    assert bedside(monkeypatch, "previsit", "note.txt") == 0
    page = capsys.readouterr().out
    assert "3 URGENT" in page
    assert "Not done: interview: the patient ended it" in page


@pytest.mark.parametrize("note", [(), ("note.txt",)])
def test_with_a_store_an_interview_goes_on_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], note: tuple[str, ...]
) -> None:
    typed(monkeypatch)
    assert bedside(monkeypatch, "previsit", *note, "--store", "store") == 3
    said = capsys.readouterr()
    case = (said.out + said.err).split("bedside review ")[1].split()[0]
    typed(monkeypatch, *(() if note else ("chest pain", "62", "male")), "yes, the sweating")
    assert bedside(monkeypatch, "review", case, "--store", "store", "--out", "out") == 0
    page = capsys.readouterr().out
    assert "2 EMERGENCY" in page
    assert "male, 62 years" in page
    assert not any(b"sweating" in file.read_bytes() for file in (folder / "store").iterdir())


def test_an_answer_that_is_too_long_is_asked_for_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "x" * 5_001, "yes, the sweating")
    assert bedside(monkeypatch, "previsit", "note.txt") == 0
    page = capsys.readouterr().out
    assert "say it shorter" in page
    assert "2 EMERGENCY" in page


@pytest.mark.parametrize("source", ["visit.txt", "-"])
def test_live_tells_what_each_line_changes_and_ends_with_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(DIALOGUE))
    assert bedside(monkeypatch, "live", source, "--out", "out", "--jsonl", "all.jsonl") == 0
    page = capsys.readouterr().out
    shown = (
        "+ problem chest pain  “chest pain”\n↑  3 URGENT ",
        "+ problem diaphoresis  “sweating”\n↑  2 EMERGENCY  Chest pain with features",
        "Draft for a clinician",
        "Nothing left this machine.",
    )
    places = [page.index(words) for words in shown]
    assert places == sorted(places)
    name = "stdin" if source == "-" else "visit"
    assert json.loads((folder / "out" / f"{name}.bundle.json").read_text())["resourceType"] == "Bundle"
    heard = DIALOGUE.replace("\n\n", "\n")
    (row,) = lines(folder / "all.jsonl")
    assert all(fact["text"] == heard[fact["start"] : fact["end"]] for fact in row["facts"])


def test_triage_reads_a_dialogue_in_a_file_as_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "triage", "visit.txt", "--out", "out") == 0
    assert "Chest pain with features" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), (b"[doctor] hi\n[patient] caf\xe9\n", "is not UTF-8, at byte")]
)
def test_a_dialogue_that_cannot_be_read_says_why(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    says: str,
) -> None:
    if content is not None:
        (folder / "odd.txt").write_bytes(content)
    assert bedside(monkeypatch, "live", "odd.txt") == 2
    assert says in capsys.readouterr().err
