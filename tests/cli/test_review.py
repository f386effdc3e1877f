"""A review at the terminal: start, stop, go on in a later run, and what the store shows. Synthetic notes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import NOTE, bedside

PATIENT = "Patient: Chidi Okonkwo\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text(PATIENT + NOTE)
    (tmp_path / "answers.json").write_text(json.dumps([{"contains": ".", "answer": "ACS"}]))
    own = tmp_path / ".config" / "bedside" / "bedside.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'consult = "scripted:answers.json"\nstore = "{tmp_path}/store"\n')
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def waiting_case(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    typed(monkeypatch)
    assert bedside(monkeypatch, "triage", "note.txt", "--review") == 3
    assert "go on with: bedside review case-" in capsys.readouterr().err
    assert bedside(monkeypatch, "cases") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "waits for review" in line
    return line.split()[0]


def test_a_review_goes_on_in_a_later_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    assert bedside(monkeypatch, "audit", case) == 0
    assert " left for " not in capsys.readouterr().out  # nothing left before a person said so
    typed(
        monkeypatch,
        "what?",
        "rewrite 1 Mr. Okonkwo has chest pain after exertion",
        "send 2",
        "send all",
        "urgency 3 pain resolved",
        "reject 1",
        "ok",
    )
    assert bedside(monkeypatch, "review", case, "--out", "out", "--reviewer", "Dr. Test") == 0
    page = capsys.readouterr().out
    for words in (
        "rewrite 2 NEW TEXT",
        "NARRATIVE",
        "[PERSON_1] stands for “Okonkwo”",
        "Reviewed by Dr. Test",
        "URGENT",
    ):
        assert words in page
    assert (folder / "out" / "note.bundle.json").is_file()
    assert bedside(monkeypatch, "audit", case) == 0
    audit = capsys.readouterr().out
    assert audit.count(" left for consult:scripted") == 2
    assert "Okonkwo" not in audit
    assert bedside(monkeypatch, "cases") == 0
    assert "waits" not in capsys.readouterr().out
    assert bedside(monkeypatch, "review", case) == 2
    assert "does not wait for anything" in capsys.readouterr().err


def test_the_audit_trail_outlives_its_case_and_is_exported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    typed(monkeypatch, "send all", "ok")
    assert bedside(monkeypatch, "review", case) == 0
    assert bedside(monkeypatch, "audit") == 0
    head = capsys.readouterr().out.split()[-1]
    assert bedside(monkeypatch, "purge", "--older-than", "0") == 0
    assert bedside(monkeypatch, "audit", "--since", head, "--fhir", "audit.json") == 0
    page = capsys.readouterr().out
    assert page.count(f"{case} left for consult:scripted") == 5
    assert f"{case} was deleted" in page
    events = json.loads((folder / "audit.json").read_text())["entry"]
    assert [event["resource"]["action"] for event in events] == ["R", "R", "R", "R", "R", "D"]
    assert bedside(monkeypatch, "audit", "--since", "5:" + "0" * 64) == 2
    assert "older store put back" in capsys.readouterr().err
    assert bedside(monkeypatch, "audit", "--fhir", "nowhere/audit.json") == 2
    assert "choose another place for it" in capsys.readouterr().err


def test_purge_deletes_every_byte(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    assert bedside(monkeypatch, "purge", "--older-than", "1") == 0
    assert capsys.readouterr().out == ""
    assert bedside(monkeypatch, "purge", "--older-than", "0") == 0
    assert case in capsys.readouterr().out
    assert bedside(monkeypatch, "cases") == 0
    assert capsys.readouterr().out == ""
    for path in (folder / "store").iterdir():
        assert case.encode() not in path.read_bytes()


def test_a_stolen_store_says_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting_case(monkeypatch, capsys)
    stolen = b"".join(path.read_bytes() for path in (folder / "store").iterdir())
    for words in ("Okonkwo", "chest pain", "metformin", "00-48-27", "consult", "review_questions", "triage"):
        assert words.encode() not in stolen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["review", "case-0000000000000000"], "unknown to this store"),
        (["cases", "--store", "nowhere"], "no sealed store there"),
        (["audit", "case-0"], "unknown to this store"),
    ],
)
def test_a_store_command_without_its_case_says_so(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    waiting_case(monkeypatch, capsys)
    assert bedside(monkeypatch, *words) == 2
    assert message in capsys.readouterr().err


def test_a_review_that_is_left_needs_a_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".config" / "bedside" / "bedside.toml").unlink()
    typed(monkeypatch)
    assert bedside(monkeypatch, "triage", "note.txt", "--review") == 1
    assert "needs --store FOLDER" in capsys.readouterr().err


def test_a_second_opinion_is_shown_and_waits_for_a_yes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "send none")
    assert bedside(monkeypatch, "run", "second_opinion", "note.txt") == 0
    page = capsys.readouterr().out
    assert "NARRATIVE" in page
    assert "stands for “Chidi Okonkwo”" in page
    assert "the reviewer kept it back" in page
    assert "Nothing left this machine." in page
    typed(monkeypatch, "send all")
    assert bedside(monkeypatch, "run", "second_opinion", "note.txt") == 0
    page = capsys.readouterr().out
    assert "1 question left this machine" in page
    assert "What may leave was decided by" in page
    assert "Reviewed by" not in page, "nobody confirmed the result"
    assert "• ACS ! cites no fact that it was shown" in page
