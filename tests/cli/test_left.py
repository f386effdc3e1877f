"""What page and JSON line say left: the egress record's word, for every graph. All notes are synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import NOTE, bedside, lines

OWN = '''
"""A graph of a user's own that asks three questions and says nothing of them."""
from operator import add
from typing import Annotated
import bedside
from bedside import Draft, Private, Prompt, RemoteText, SealedText, Shareable
from bedside.boundary import Coded, Heading, Narrative
from bedside.records import CaseResult, ClinicalRecord

class State(bedside.CaseState, total=False):
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    result: Private[CaseResult]
    answer: Private[str]

def ask(state):
    names = ("chest pain", "hypertension", "nausea")
    coded = [Coded(heading=Heading.PRESENT, display=name) for name in names]
    drafts = [Draft(template="consult/danger", slots=(one,)) for one in coded]
    free = Draft(template="consult/danger", slots=(Narrative(text="the patient reports chest pain"),))
    return {"drafts": [*drafts, free]}

async def consult(state, runtime):
    ask = runtime.context.model.ask
    return {"answers": [await ask(Prompt(q.template, {"facts": q})) for q in state["questions"]]}

def graph(result):
    made = bedside.ClinicalGraph(State)
    made.add_node("ask", ask)
    made.add_node("release", bedside.release("drafts", "questions"))
    made.add_node("consult", consult, zone=bedside.REMOTE)
    made.add_node("result", result)
    made.add_edge(bedside.START, "ask").add_edge("ask", "release").add_edge("release", "consult")
    return made.add_edge("consult", "result")

def build():
    return graph(lambda state: {"result": CaseResult(case=state["case"], record=ClinicalRecord())})

def build_plain():
    return graph(lambda state: {"answer": "done"})
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text(NOTE)
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "answers.json").write_text(json.dumps([{"contains": ".", "answer": "ACS"}]))
    return tmp_path


@pytest.mark.parametrize("build", ["build", "build_plain"])
def test_guarantee_a_graph_that_says_nothing_of_its_questions_does_not_hide_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], build: str
) -> None:
    words = ["run", f"own.py:{build}", "note.txt", "--consult", "scripted:answers.json", "--jsonl", "all.jsonl"]
    assert bedside(monkeypatch, *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "3 questions left this machine, word for word:" in page
    assert "Nothing left" not in page
    for words_that_left in ("Present: hypertension.", "Present: nausea.", "sent to consult:scripted; answered"):
        assert words_that_left in page
    assert "not sent; it needs a person's yes" in page
    (row,) = lines(folder / "all.jsonl")
    assert [one["sent"] for one in row["egress"]] == [True, True, True, False]
    assert [one["outcome"] for one in row["egress"]] == ["answered"] * 3 + ["not_approved"]


def test_where_nothing_left_the_page_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "run", "own.py:build", "note.txt", "--jsonl", "all.jsonl") == 0
    assert "Nothing left this machine." in capsys.readouterr().out
    (row,) = lines(folder / "all.jsonl")
    assert {one["sent"] for one in row["egress"]} == {False}


def test_of_many_notes_each_line_says_what_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes").mkdir()
    for number in range(7):
        (folder / "notes" / f"{number}.txt").write_text(NOTE)
    assert bedside(monkeypatch, "run", "own.py:build", "notes", "--consult", "scripted:answers.json") == 0
    assert capsys.readouterr().out.count("3 questions left this machine") == 7


def test_review_of_a_graph_that_asks_nobody_is_an_error_before_any_note_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "run", "own.py:build", "no-such-note.txt", "--review") == 2
    told = capsys.readouterr().err
    assert "no step of own.py:build asks a person" in told
    assert "no-such-note" not in told
    assert bedside(monkeypatch, "run", "note_to_fhir", "note.txt", "--review") == 2


def test_a_review_that_the_settings_ask_for_holds_back_what_no_step_can_ask_about(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEDSIDE_REVIEW", "true")
    assert bedside(monkeypatch, "fhir", "note.txt") == 0
    assert "no step of note_to_fhir asks a person" in capsys.readouterr().err
    assert bedside(monkeypatch, "run", "own.py:build", "note.txt", "--consult", "scripted:answers.json") == 0
    assert "Nothing left this machine." in capsys.readouterr().out


def test_a_model_outside_this_process_stands_on_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("langchain_openai")
    server = "http://127.0.0.1:9"
    words = ["run", "note_to_fhir", "note.txt", "--model", f"openai:{server}/v1#reader-4b", "--jsonl", "all.jsonl"]
    assert bedside(monkeypatch, *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert f"Read by reader-4b at {server}, outside this process" in page
    (row,) = lines(folder / "all.jsonl")
    assert row["read_by"] == f"reader-4b at {server}, outside this process"
