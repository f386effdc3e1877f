"""A host that brings a saver of its own, as `langgraph dev` does: only synthetic cases run there, in any graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.errors import CaseError, GraphError, NodeFailedError
from bedside.flow import Command
from bedside.persistence import Document, SealedSqliteSaver, StoreKey, serializer
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, Trial

CONFIG: RunnableConfig = {"configurable": {"thread_id": "t"}}


class HostSaver(InMemorySaver):
    """Neither sealed nor in memory alone, as far as anybody knows."""


def hosted(trial: Trial, saver: InMemorySaver, how: str) -> tuple[Any, RunnableConfig]:
    """A user's own graph as a host runs it: its factory gives it without a saver, and with its services."""
    app = trial.graph().compile(prompts=PROMPTS).with_services(trial.bench.services)
    if how == "copy":
        return app.copy({"checkpointer": saver}), CONFIG
    return app, {"configurable": {"thread_id": "t", "__pregel_checkpointer": saver}}


def synthetic(trial: Trial) -> str:
    return trial.bench.cases.open([Document("note", f"{SECRET} reports chest pain.")], synthetic=True)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("how", ["copy", "config"])
async def test_guarantee_on_a_hosts_saver_only_synthetic_cases_run(how: str, is_async: bool) -> None:
    trial, saver = Trial(), HostSaver(serde=serializer())
    app, config = hosted(trial, saver, how)
    calls: list[Any] = [{"case": trial.bench.case}, {"note": SECRET}, None, Command(update={"note": SECRET})]
    for call in calls:
        with pytest.raises((CaseError, GraphError), match="synthetic"):
            await app.ainvoke(call, config) if is_async else app.invoke(call, config)
    with pytest.raises(GraphError, match="synthetic"):
        await app.aupdate_state(config, {"note": SECRET}) if is_async else app.update_state(
            config, {"note": SECRET}
        )
    assert not list(saver.list(None))
    assert not any(saver.writes.values())
    case = synthetic(trial)
    output = await app.ainvoke({"case": case}, config) if is_async else app.invoke({"case": case}, config)
    assert output["questions"]
    app.update_state(config, {"note": "x"})
    with pytest.raises(GraphError, match="another case"):
        app.invoke({"case": trial.bench.case}, config)


@pytest.mark.parametrize("kind", ["in memory", "sealed", "the author's own"])
def test_other_savers_run_every_case(kind: str, tmp_path: Any) -> None:
    trial = Trial()
    savers: dict[str, Callable[[], Any]] = {
        "in memory": lambda: InMemorySaver(serde=serializer()),
        "sealed": lambda: SealedSqliteSaver(tmp_path / "c.db", StoreKey.random()),
        "the author's own": lambda: HostSaver(serde=serializer()),
    }
    app = trial.graph().compile(savers[kind](), prompts=PROMPTS)
    assert trial.call(app, {"case": trial.bench.case}, CONFIG)["questions"]


def fail(state: Any) -> None:
    raise ValueError(f"cannot parse {SECRET}")


@pytest.mark.parametrize(
    ("debug", "is_synthetic", "shown"), [("1", True, True), ("1", False, False), ("", True, False)]
)
def test_guarantee_debugging_shows_a_message_whole_for_synthetic_cases_only(
    debug: str, is_synthetic: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDSIDE_DEBUG", debug)
    trial = Trial()
    if is_synthetic:
        trial.bench.case = synthetic(trial)  # type: ignore[assignment]
    with pytest.raises(NodeFailedError, match="ValueError at ") as raised:
        trial.run(trial.with_node(fail))
    assert (f"cannot parse {SECRET}" in str(raised.value)) is shown
    assert (raised.value.__cause__ is raised.value.original) is shown
