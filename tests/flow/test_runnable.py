"""A compiled clinical graph is a LangChain runnable: each way to call it closes its shareable channels."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import CachePolicy, StateSnapshot

from bedside.boundary import SealedText
from bedside.errors import GraphError, PrivacyFlowError
from bedside.flow import CaseState, CompiledClinicalGraph, Private
from bedside.persistence import serializer
from bedside.testing._bench import run
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, State, Trial

CONFIG: RunnableConfig = {"configurable": {"thread_id": "t"}}


class Given(CaseState, total=False):
    note: Private[str]


def compiled(trial: Trial, **options: Any) -> CompiledClinicalGraph:
    return trial.graph().compile(prompts=PROMPTS, **options)


def _batched(app: Any, values: Any, services: Any) -> Any:
    return app.batch([values, values], context=services)[1]


def _abatched(app: Any, values: Any, services: Any) -> Any:
    return run(app.abatch([values, values], context=services))[1]


CALLS: dict[str, Any] = {
    "invoke": lambda app, values, services: app.invoke(values, context=services),
    "ainvoke": lambda app, values, services: run(app.ainvoke(values, context=services)),
    "batch": _batched,
    "abatch": _abatched,
    "transform": lambda app, values, services: list(
        app.transform(iter([values]), context=services, stream_mode="values")
    )[-1],
    "with_config": lambda app, values, services: app.with_config(tags=["x"]).invoke(values, context=services),
    "with_retry": lambda app, values, services: app.with_retry().invoke(values, context=services),
    "with_fallbacks": lambda app, values, services: app.with_fallbacks([app]).invoke(values, context=services),
    "pipe": lambda app, values, services: (app | dict).invoke(values, context=services),
    "copy": lambda app, values, services: app.copy().invoke(values, context=services),
    "version v2": lambda app, values, services: app.invoke(values, context=services, version="v2").value,
    "with_services": lambda app, values, services: app.with_services(services).invoke(values),
}


@pytest.mark.parametrize("way", CALLS)
def test_each_way_to_call_a_graph_is_checked(way: str) -> None:
    trial = Trial()
    with pytest.raises(PrivacyFlowError, match="graph's input"):
        CALLS[way](compiled(trial), {"case": trial.bench.case, "questions": [SECRET]}, trial.bench.services)
    assert not trial.seen
    result = CALLS[way](compiled(trial), {"case": trial.bench.case, "note": SECRET}, trial.bench.services)
    assert result["questions"]
    assert trial.seen
    assert SECRET not in str(trial.seen)


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_a_graph_as_a_tool_of_a_local_agent() -> None:
    trial = Trial()
    app = compiled(trial, name="triage").with_services(trial.bench.services)
    schema: Any = Given  # LangChain takes a TypedDict, and says so in its docstring only
    tool = app.as_tool(args_schema=schema, description="Triage a case.")
    assert "chest pain" in str(tool.invoke({"case": trial.bench.case, "note": SECRET}))
    assert SECRET not in str(trial.seen)


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_each_durability_mode_keeps_the_seals(durability: str, is_async: bool) -> None:
    trial = Trial(is_async)
    app = compiled(trial, checkpointer=InMemorySaver(serde=serializer()), interrupt_before=["consult"])
    trial.call(app, {"case": trial.bench.case}, CONFIG, durability=durability)
    trial.call(app, None, CONFIG, durability=durability)
    assert "chest pain" in trial.seen[0]


def test_history_and_states_are_as_in_langgraph() -> None:
    trial = Trial()
    app, config = trial.paused()
    trial.call(app, None, config)
    history = list(app.get_state_history(config))
    assert [one.next for one in history] == [(), ("consult",), ("release",), ("ask",), ("__start__",)]
    assert all(isinstance(one, StateSnapshot) for one in history)
    assert type(app.get_state(config).values["questions"][0]) is SealedText


def test_time_travel_runs_the_remote_node_again() -> None:
    trial = Trial()
    app, config = trial.paused()
    trial.call(app, None, config)
    before = next(one for one in app.get_state_history(config) if one.next == ("consult",))
    trial.call(app, None, before.config)
    assert len(trial.seen) == 2
    assert all("chest pain" in one for one in trial.seen)


def test_a_run_can_be_drained() -> None:
    trial, control = Trial(), RunControl()
    app = compiled(trial, checkpointer=InMemorySaver(serde=serializer()))
    control.request_drain()
    with pytest.raises(GraphDrained):
        trial.call(app, {"case": trial.bench.case}, CONFIG, control=control)
    trial.call(app, None, CONFIG)
    assert len(trial.seen) == 1


def test_a_cache_can_be_cleared() -> None:
    trial, runs = Trial(), list[int]()

    def cached(state: State) -> None:
        runs.append(1)

    app = trial.with_node(cached, cache_policy=CachePolicy()).compile(prompts=PROMPTS, cache=InMemoryCache())
    for _ in range(2):
        trial.call(app, {"case": trial.bench.case})
    assert len(runs) == 1
    app.clear_cache()
    trial.call(app, {"case": trial.bench.case})
    assert len(runs) == 2


def test_a_graph_can_be_drawn_and_says_its_schemas() -> None:
    trial = Trial()
    graph = trial.with_node(lambda state: None)
    graph.add_conditional_edges("extra", lambda state: "consult", ["consult"])
    app = graph.compile(prompts=PROMPTS)
    drawn = app.get_graph().draw_mermaid()
    assert "release --> consult" in drawn
    assert "extra -.-> consult" in drawn
    assert "note" in str(app.get_input_jsonschema())
    assert run(app.aget_graph()).nodes.keys() == app.get_graph().nodes.keys()


def test_an_input_of_another_kind_is_an_error() -> None:
    trial = Trial()
    with pytest.raises(GraphError, match="give a dict"):
        trial.call(compiled(trial), [SECRET])
