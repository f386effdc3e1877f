"""Each stream mode shows an audience what its label allows: canaries go in, and each streamed byte is searched."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from bedside.boundary import SealedText
from bedside.errors import PrivacyFlowError
from bedside.flow import LOCAL, REMOTE, START, CaseState, ClinicalGraph, Private, Services, Shareable
from bedside.persistence import serializer
from bedside.testing._bench import run
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, State, Trial

MODES = ["values", "updates", "custom", "messages", "tasks", "debug", "checkpoints"]
PROJECTED: list[Any] = ["values", "updates", ["values", "updates"], ["updates"]]
CONFIG: Any = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}

pytestmark = [
    pytest.mark.filterwarnings("ignore:The v3 streaming protocol"),
    pytest.mark.filterwarnings("ignore:astream_log is deprecated"),
    pytest.mark.filterwarnings("ignore:astream_events version='v1'"),
]


def talk(state: State, runtime: Runtime[Services]) -> Any:
    """Streams by every way there is, and writes twice in one step."""
    runtime.stream_writer(SECRET)
    said = FakeListChatModel(responses=[SECRET]).invoke("?").content
    return [Command(update={"note": said}), {"drafts": []}]


def inner() -> Any:
    graph = ClinicalGraph(State)
    graph.add_node("inside", lambda state: {"note": SECRET})
    graph.add_edge(START, "inside")
    return graph.compile(prompts=PROMPTS)


def app_of(trial: Trial) -> Any:
    """The canary stands in private channels, custom stream, messages, sub-graph and interrupt."""
    graph = trial.graph()
    graph.add_node("talk", talk)
    graph.add_node("sub", inner())
    graph.add_node("wait", lambda state: interrupt(SECRET))
    graph.add_edge("consult", "talk")
    graph.add_edge("talk", "sub")
    graph.add_edge("sub", "wait")
    return graph.compile(InMemorySaver(serde=serializer()), prompts=PROMPTS)


def plain_app() -> Any:
    graph = StateGraph(State, context_schema=Services)
    graph.add_node("talk", talk)
    graph.add_node("wait", lambda state: interrupt(SECRET))
    graph.add_edge(START, "talk")
    graph.add_edge("talk", "wait")
    return graph.compile(InMemorySaver())


def watched(app: Any, trial: Trial, **options: Any) -> list[Any]:
    given, services = {"case": trial.bench.case}, trial.bench.services
    if not trial.is_async:
        return list(app.stream(given, CONFIG, context=services, **options))

    async def collect() -> list[Any]:
        return [chunk async for chunk in app.astream(given, CONFIG, context=services, **options)]

    return run(collect())


def found(chunks: list[Any]) -> bool:
    """Whether the canary stands in any byte of what was streamed."""
    ways: list[Callable[[Any], bytes]] = [
        lambda chunk: repr(chunk).encode(),
        lambda chunk: json.dumps(chunk, default=repr).encode(),
        pickle.dumps,
    ]
    return any(SECRET.encode() in way(chunk) for chunk in chunks for way in ways)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("mode", PROJECTED, ids=str)
def test_a_remote_audience_sees_shareable_channels_alone(mode: Any, version: str, is_async: bool) -> None:
    trial = Trial(is_async)
    chunks = watched(app_of(trial), trial, stream_mode=mode, version=version, audience=REMOTE)
    assert not found(chunks)
    assert "chest pain" in str(chunks)  # the sealed question is shareable
    neighbour = Trial(is_async)
    assert found(watched(app_of(neighbour), neighbour, stream_mode=mode, version=version, audience=LOCAL))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    "options",
    [
        *[{"stream_mode": mode} for mode in MODES if mode not in PROJECTED],
        {"stream_mode": ["values", "messages"]},
        {"stream_mode": "values", "subgraphs": True},
        {"stream_mode": "values", "output_keys": "note"},
    ],
    ids=str,
)
def test_a_remote_audience_is_refused_the_rest(options: dict[str, Any], version: str, is_async: bool) -> None:
    trial = Trial(is_async)
    with pytest.raises(PrivacyFlowError, match="remote audience"):
        watched(app_of(trial), trial, version=version, audience=REMOTE, **options)
    assert not trial.seen


def events(app: Any, trial: Trial, method: str, **options: Any) -> list[Any]:
    given = {"case": trial.bench.case}

    async def collect() -> list[Any]:
        stream = getattr(app, method)(given, CONFIG, context=trial.bench.services, **options)
        if hasattr(stream, "__await__"):
            stream = await stream
        return [chunk async for chunk in stream] if hasattr(stream, "__aiter__") else list(stream)

    return run(collect())


EVENTS = [
    ("astream_events", {"version": "v1"}),
    ("astream_events", {"version": "v2"}),
    ("astream_events", {"version": "v3"}),
    ("stream_events", {"version": "v3"}),
    ("astream_log", {}),
]


@pytest.mark.parametrize(("method", "options"), EVENTS, ids=str)
def test_events_and_logs_are_for_a_local_audience(method: str, options: dict[str, Any]) -> None:
    trial = Trial()
    with pytest.raises(PrivacyFlowError, match="remote audience"):
        events(app_of(trial), trial, method, audience=REMOTE, **options)
    assert not trial.seen
    neighbour = Trial()
    chunks = events(app_of(neighbour), neighbour, method, **options)
    assert SECRET in repr(chunks)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("mode", MODES)
def test_a_local_audience_sees_what_langgraph_shows(mode: str, is_async: bool) -> None:
    trial = Trial(is_async)
    assert found(watched(app_of(trial), trial, stream_mode=mode))
    assert found(watched(app_of(Trial(is_async)), trial, stream_mode=mode, subgraphs=True))


@pytest.mark.parametrize("mode", MODES)
def test_plain_langgraph_shows_every_watcher_everything(mode: str) -> None:
    trial = Trial()
    assert found(watched(plain_app(), trial, stream_mode=mode))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_invoke_for_a_remote_audience_gives_shareable_channels(is_async: bool) -> None:
    trial = Trial(is_async)
    result = trial.call(app_of(trial), {"case": trial.bench.case}, CONFIG, audience=REMOTE)
    assert set(result) == {"questions", "answers"}
    assert not found([result])


class Named(CaseState):
    """Channels that are called like the parts of a chunk."""

    note: Private[dict[str, str]]
    data: Shareable[bool]
    type: Private[str]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("mode", PROJECTED, ids=str)
def test_a_channel_that_is_named_like_a_part_of_a_chunk(mode: Any, version: str) -> None:
    trial = Trial()
    graph = ClinicalGraph(Named)
    graph.add_node("data", lambda state: {"note": {"data": SECRET}, "type": SECRET})
    graph.add_edge(START, "data")
    chunks = watched(graph.compile(), trial, stream_mode=mode, version=version, audience=REMOTE)
    assert chunks
    assert not found(chunks)


@pytest.mark.parametrize("audience", [LOCAL, REMOTE])
def test_a_value_of_another_type_is_not_shown(audience: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that was loaded without the serializer has other things where seals were."""
    trial, shown = Trial(), list[Any]()
    app, config = trial.paused()
    serde = app.checkpointer.serde  # type: ignore[union-attr]
    loads = serde.loads_typed

    def forging(data: Any) -> Any:
        value = loads(data)
        return [SECRET] if isinstance(value, list) and value and isinstance(value[0], SealedText) else value

    monkeypatch.setattr(serde, "loads_typed", forging)
    stream = app.stream(None, config, context=trial.bench.services, stream_mode="values", audience=audience)
    with pytest.raises(PrivacyFlowError, match="another type"):
        shown.extend(stream)
    assert shown
    assert ("questions" in shown[0]) is (audience is LOCAL)
