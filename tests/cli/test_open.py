"""`bedside open`, and the graphs that the development server is given. All notes are synthetic."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.cli.synthetic import WARNING, development_graphs
from bedside.errors import CaseError, GraphError, InputError, PrivacyFlowError
from bedside.flow import CompiledClinicalGraph
from bedside.persistence import open_store
from bedside.records import CaseId, CaseResult
from bedside.session.settings import Settings, load_settings
from tests.cli.test_cli import NOTE, bedside

ROOT = Path(__file__).parents[2]


class HostSaver(InMemorySaver):
    """Stands for the saver of a host: `langgraph dev` derives one that writes pickles to a folder."""


def on_thread(saver: HostSaver, thread: str) -> RunnableConfig:
    """A call as the host makes it, with its own saver."""
    return {"configurable": {"thread_id": thread, "__pregel_checkpointer": saver}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BEDSIDE_STORE", "store")
    (tmp_path / "note.txt").write_text(NOTE)
    return tmp_path


def opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> list[CaseId]:
    assert bedside(monkeypatch, "open", *words) == code
    return [CaseId(line.split()[0]) for line in capsys.readouterr().out.splitlines()]


def settings() -> Settings:
    return load_settings({}, {"BEDSIDE_STORE": "store"})


def graph(name: str = "note_to_fhir") -> CompiledClinicalGraph:
    return development_graphs(settings(), [name])[name]


def test_open_prints_the_handle_of_a_case_for_each_note(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty.txt").write_text("")
    handles = opened(monkeypatch, capsys, "note.txt", "empty.txt", "note.txt", code=1)
    assert len(set(handles)) == 2
    cases, _ = open_store(folder / "store", None)
    assert [dict(cases.documents(handle)) for handle in handles] == [{"note": NOTE}] * 2
    assert bedside(monkeypatch, "cases") == 0
    listed = capsys.readouterr().out
    assert all(handle in listed for handle in handles)
    assert listed.count("opened") == 2
    assert b"chest" not in b"".join(path.read_bytes() for path in (folder / "store").iterdir())


def test_open_needs_a_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BEDSIDE_STORE")
    assert bedside(monkeypatch, "open", "note.txt") == 2
    assert "name its folder with --store" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["triage", "note_to_fhir"])
async def test_the_development_server_gives_a_case_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (case,) = opened(monkeypatch, capsys, "note.txt", "--synthetic")
    app = graph(name)
    assert app.checkpointer is None
    as_the_server_calls_it: Any = {"context": {}}
    output = await app.ainvoke({"case": case}, **as_the_server_calls_it)
    assert isinstance(output["result"], CaseResult)
    assert json.loads(output["bundle"])["resourceType"] == "Bundle"


async def test_the_development_server_runs_cases_that_were_called_synthetic_and_no_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (other,) = opened(monkeypatch, capsys, "note.txt")
    app, saver = graph(), HostSaver()
    with pytest.raises(CaseError, match="was not called synthetic") as refused:
        await app.ainvoke({"case": other}, on_thread(saver, "t"))
    assert "chest" not in str(refused.value)
    assert not list(saver.list(None)), "nothing was written"
    (case,) = opened(monkeypatch, capsys, "note.txt", "--synthetic")
    assert (await app.ainvoke({"case": case}, on_thread(saver, "t")))["bundle"]


def test_a_client_of_the_development_server_replaces_no_services(folder: Path) -> None:
    others: list[Any] = [{"cases": "mine"}, graph().services]
    for context in others:
        with pytest.raises(GraphError, match="brings its services along"):
            graph().invoke({"case": CaseId("case-1")}, context=context)
    with pytest.raises(PrivacyFlowError, match="by the graph's input"):
        graph("triage").invoke({"case": CaseId("case-1"), "questions": []})


def test_without_a_store_there_is_no_development_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="name it in BEDSIDE_STORE"):
        development_graphs(Settings(), ["triage"])
    monkeypatch.delenv("BEDSIDE_STORE")
    monkeypatch.delitem(sys.modules, "bedside.cli.dev", raising=False)
    with pytest.raises(InputError, match="name it in BEDSIDE_STORE"):
        importlib.import_module("bedside.cli.dev")


def test_the_server_is_warned_at_its_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "bedside.cli.dev", raising=False)
    config = json.loads((ROOT / "langgraph.json").read_text())
    assert set(config["graphs"]) == {"triage", "note_to_fhir"}
    for name, place in config["graphs"].items():
        module, _, factory = place.partition(":")
        assert getattr(importlib.import_module(module), factory)().name == name
    assert capsys.readouterr().err.split() == WARNING.split()
    monkeypatch.delitem(sys.modules, "bedside.cli.dev")  # it holds the store of this test
