"""A graph of one's own is a first-class citizen of the command: its inputs, pauses, results and commands."""

from __future__ import annotations

import io
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NotRequired, Required

import pytest
import typer

from bedside import Private, flow
from bedside.graphs.note_to_fhir import NoteState
from bedside.nodes import read_step
from tests.cli.test_cli import bedside, lines

GRAPH = f"{Path(__file__).with_name('own_graph.py')}:build"
INPUTS = ("--input", "payer=Synthetic Health", "--input", "limit=14")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text("54 year old woman with back pain. Takes naproxen.")
    return tmp_path


def types(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{word}\n" for word in words)))


def test_inputs_are_read_the_pause_is_answered_and_the_results_are_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "perhaps", "Approve", "many", "12", "y", "naproxen, ibuprofen")
    run = ("run", GRAPH, "note.txt", *INPUTS, "--reviewer", "Dr Synthetic", "--jsonl", "all.jsonl")
    assert bedside(monkeypatch, *run) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Payer: Synthetic Health Limit: 14" in page
    assert "write one of approve, deny" in page
    assert "that is no integer" in page
    assert "Plans - item: approve, days: 12 - item: naproxen, days: 1 - item: ibuprofen, days: 1" in page
    assert "Decided by Dr Synthetic" in page
    assert "Not a medical device" in page  # Bedside's own page is there too
    (row,) = lines(folder / "all.jsonl")
    assert row["output"] == {
        "plans": [
            {"item": "approve", "days": 12},
            {"item": "naproxen", "days": 1},
            {"item": "ibuprofen", "days": 1},
        ],
        "decided_by": "Dr Synthetic",
    }
    assert row["facts"]


def test_an_answer_that_langgraph_refuses_is_asked_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "deny", "99", "", "", "deny", "7", "", "")
    assert bedside(monkeypatch, "run", GRAPH, "note.txt", *INPUTS) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "the answer does not fit what was asked, in 'days'; answer again" in page
    assert "item: deny, days: 7" in page


def test_a_pause_outlives_the_process_and_review_asks_it_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "stop")
    assert bedside(monkeypatch, "run", GRAPH, "note.txt", *INPUTS, "--store", "ward") == 3
    case = capsys.readouterr().err.split("bedside review ")[1].split()[0]
    types(monkeypatch, "approve", "3", "", "")
    assert bedside(monkeypatch, "review", case, "--store", "ward") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "decision [approve | deny]" in page
    assert "item: approve, days: 3" in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "this graph needs a further input: --input limit=… --input payer=…"),
        (("--input", "payer=x", "--input", "limit=soon"), "--input 'limit': the value does not fit"),
        (("--input", "payr=x"), "this graph's inputs are: payer, limit"),
        (("--input", "payer=@none.txt", "--input", "limit=1"), "none.txt cannot be read"),
    ],
)
def test_a_wrong_input_is_an_error_before_any_note(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    assert bedside(monkeypatch, "run", GRAPH, "note.txt", *words) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "soon" not in error


def test_a_pause_without_a_schema_takes_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "plain.py").write_text(
        "import bedside\n"
        "from bedside import Private\n"
        "from langgraph.types import interrupt\n"
        "class State(bedside.CaseState, total=False):\n"
        "    said: Private[object]\n"
        "def wait(state):\n"
        "    return {'said': interrupt('What next?')}\n"
        "def build():\n"
        "    graph = bedside.ClinicalGraph(State)\n"
        "    graph.add_node('wait', wait)\n"
        "    return graph.add_edge(bedside.START, 'wait')\n"
    )
    types(monkeypatch, '{"days": 3}')
    assert bedside(monkeypatch, "run", "plain.py:build", "note.txt", "--jsonl", "all.jsonl") == 0
    assert "What next?" in capsys.readouterr().out
    assert lines(folder / "all.jsonl")[0]["output"] == {"said": {"days": 3}}


def hello(name: str) -> None:
    """Greet."""
    typer.echo(f"hello {name}")


def test_a_command_of_another_package_is_one_of_bedsides(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point = metadata.EntryPoint("hello", f"{__name__}:hello", "bedside.commands")
    real = metadata.entry_points

    def points(*, group: str) -> metadata.EntryPoints:
        return metadata.EntryPoints([point]) if group == "bedside.commands" else real(group=group)

    monkeypatch.setattr("bedside.plugins.entry_points", points)
    assert bedside(monkeypatch, "hello", "ward") == 0
    assert capsys.readouterr().out == "hello ward\n"
    assert bedside(monkeypatch, "--help") == 0
    assert "Greet." in capsys.readouterr().out


def test_a_graph_says_its_inputs_and_results() -> None:
    from bedside.session import load_graph

    app = load_graph(GRAPH)
    assert (set(app.inputs), app.required_inputs) == ({"payer", "limit"}, frozenset({"payer", "limit"}))
    assert app.results == ("plans", "decided_by")
    assert json.dumps(load_graph("triage").results) == "[]"


class Some(flow.CaseState):
    """Its annotations are texts: this module imports them from the future."""

    needed: Private[str]
    spare: NotRequired[Private[str]]


class Few(flow.CaseState, total=False):
    needed: Required[Private[str]]
    spare: Private[str]


@pytest.mark.parametrize("schema", [Some, Few])
def test_an_input_that_may_be_left_out_is_not_asked_for(schema: type[Any]) -> None:
    graph = flow.ClinicalGraph(NoteState, input_schema=schema).add_node("read", read_step)
    app = graph.add_edge(flow.START, "read").compile()
    assert (set(app.inputs), app.required_inputs) == ({"needed", "spare"}, frozenset({"needed"}))
