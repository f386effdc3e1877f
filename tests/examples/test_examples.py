"""The examples that consult, as a newcomer runs them: by `check_graph` and as commands. All notes are synthetic."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bedside import REMOTE, CaseState, Private
from bedside.boundary import Identifier, PromptRegistry
from bedside.errors import PrivacyFlowError
from bedside.records import ClinicalRecord
from bedside.testing import NOTES, Planted, SyntheticNote, check_graph
from tests.cli.test_cli import bedside

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMPTS = EXAMPLES / "prompts"
EMERGENCY = EXAMPLES / "notes" / "chest_pain.txt"
PLANNED = EXAMPLES / "notes" / "planned_drug.txt"
NOTE = SyntheticNote(
    "planned",
    PLANNED.read_text(encoding="utf-8"),
    (
        Planted(Identifier.PERSON, "Oyelaran"),
        Planted(Identifier.PERSON, "Halloran"),
        Planted(Identifier.FACILITY, "Brookfield"),
        Planted(Identifier.RECORD_NUMBER, "00-77-12"),
        Planted(Identifier.DATE, "02/11/1980"),
    ),
)


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEDSIDE_PROMPTS", str(PROMPTS))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, name: str, note: Path, *more: str) -> dict[str, Any]:
    """The line of JSON that the command writes for a note."""
    words = ["run", f"{EXAMPLES}/{name}.py:build", str(note), "--jsonl", "all.jsonl", *more]
    assert bedside(monkeypatch, *words) == 0
    line: dict[str, Any] = json.loads(Path("all.jsonl").read_text(encoding="utf-8"))
    return line


@pytest.mark.parametrize(("name", "left"), [("handover", 2 * len(NOTES)), ("planned_drug", 1)])
def test_nothing_private_leaves(name: str, left: int) -> None:
    report = check_graph(example(name).build, notes=(NOTE, *NOTES), prompts=PromptRegistry.installed(PROMPTS))
    assert (report.questions, len(report.left), report.waiting) == (left, left, 0)


def test_a_remote_node_that_would_read_the_record_is_refused() -> None:
    class Record(CaseState, total=False):
        record: Private[ClinicalRecord]

    async def ask_with_all(state: Record) -> dict[str, Any]:
        raise AssertionError(state["record"])

    graph = example("planned_drug").build()
    with pytest.raises(PrivacyFlowError, match=r"node 'ask_with_all', channel .* Remedy: "):
        graph.add_node("ask_with_all", ask_with_all, zone=REMOTE, input_schema=Record)


def test_a_handover_asks_about_an_emergency(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = f"scripted:{EXAMPLES}/chest_pain.answers.json"
    line = run(monkeypatch, "handover", EMERGENCY, "--consult", answers)
    assert line["urgency"] == 2
    assert [(asked["template"], asked["sent"]) for asked in line["questions"]] == [
        ("consult/danger", True),
        ("consult/tests", True),
    ]
    assert line["not_done"] == []


def test_a_handover_passes_over_what_is_not_urgent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = f"scripted:{EXAMPLES}/chest_pain.answers.json"
    line = run(monkeypatch, "handover", PLANNED, "--consult", answers)
    assert (line["urgency"], line["questions"]) == (4, [])
    assert line["not_done"] == ["no question was asked: the rules say urgency 4, and 1 to 3 are asked about"]


def test_a_person_reviews_a_handover(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("send 2\nurgency 1 grey and cold\nok\n"))
    answers = f"scripted:{EXAMPLES}/chest_pain.answers.json"
    line = run(monkeypatch, "handover", EMERGENCY, "--consult", answers, "--review", "--reviewer", "Dr.Test")
    assert line["urgency"] == 1
    assert line["not_done"] == ["consult/danger: the reviewer kept it back"]
    assert "Reviewed by Dr.Test" in capsys.readouterr().out


def test_a_planned_drug_is_asked_about_and_a_no_becomes_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = run(monkeypatch, "planned_drug", PLANNED, "--consult", f"scripted:{EXAMPLES}/planned_drug.answers.json")
    (asked,) = line["questions"]
    assert (asked["template"], asked["sent"]) == ("ward/planned_drug", True)
    assert asked["text"].startswith(
        "Medications: amoxicillin; acetaminophen.\nAllergies: penicillin; latex.\n\nFrom this alone: may each"
    )
    assert "The remote model, unchecked, says no to amoxicillin." in line["warnings"]
    assert not any("acetaminophen" in warning for warning in line["warnings"])


def test_without_a_model_the_question_is_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = run(monkeypatch, "planned_drug", PLANNED)
    (asked,) = line["questions"]
    assert not asked["sent"]
    assert "From this alone" in asked["text"]
    assert "no remote model is configured" in line["not_done"][0]


def test_a_person_keeps_the_question_about_a_planned_drug_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("send none\nok\n"))
    answers = f"scripted:{EXAMPLES}/planned_drug.answers.json"
    line = run(monkeypatch, "planned_drug", PLANNED, "--consult", answers, "--review", "--reviewer", "Dr.Test")
    assert line["not_done"] == ["ward/planned_drug: the reviewer kept it back"]
    page = capsys.readouterr().out
    assert "Nothing left this machine." in page
    assert "Before the result is final" in page


@pytest.mark.parametrize(
    ("allergies", "asked", "said"),
    [
        ("", 0, "A drug is planned, and the note is silent on allergies: ask."),
        ("Allergies: NKDA.", 0, "no question was asked: no planned drug and allergy that a question could name"),
        ("Allergies: penicillin, Zorblax cream.", 1, "Zorblax cream is in no code table: compare it yourself."),
    ],
)
def test_what_the_note_does_not_say_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, allergies: str, asked: int, said: str
) -> None:
    note = folder / "note.txt"
    note.write_text(f"43-year-old woman with cough.\n{allergies}\nPlan: start amoxicillin 500 mg PO TDS.\n")
    line = run(monkeypatch, "planned_drug", note)
    assert len(line["questions"]) == asked
    assert said in [*line["warnings"], *line["not_done"]]


def test_without_a_planned_drug_nothing_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = run(monkeypatch, "planned_drug", EMERGENCY)
    assert line["questions"] == []
    assert line["not_done"] == ["no question was asked: no planned drug was read in the note"]
