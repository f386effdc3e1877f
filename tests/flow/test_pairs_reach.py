"""Pairs over what a node can reach besides its state: store, tools, tasks, stream, context."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from langchain_core.callbacks import dispatch_custom_event
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.config import get_config, get_store, get_stream_writer
from langgraph.func import task
from langgraph.graph.message import add_messages
from langgraph.prebuilt import InjectedState, InjectedStore, ToolNode, create_react_agent, tools_condition
from langgraph.runtime import Runtime, get_runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from bedside.boundary import RemoteText, SealedText
from bedside.flow import REMOTE, START, CaseState, ClinicalGraph, Command, Private, Services, Shareable
from bedside.models import ScriptedChatModel
from tests.conftest import SECRET
from tests.flow.trial import Attempt, Pair, State, Trial, check_pair, pairs

# --- BaseStore


def _store() -> InMemoryStore:
    store = InMemoryStore()
    store.put(("notes",), "1", {"text": SECRET})
    return store


def _from_store(trial: Trial, channel: str) -> dict[str, Any]:
    def node(state: State, runtime: Runtime[Services]) -> dict[str, Any]:
        assert runtime.store is not None
        runtime.store.put(("notes",), "2", {"text": state["note"]})
        return {channel: runtime.store.get(("notes",), "1").value["text"]}  # type: ignore[union-attr]

    store = _store()
    result = trial.run(trial.with_node(node), store=store)
    assert store.get(("notes",), "2")
    return result


def store_into_shareable(trial: Trial) -> None:
    _from_store(trial, "answers")


def store_into_private(trial: Trial) -> None:
    assert _from_store(trial, "note")["note"] == SECRET
    assert len(trial.seen) == 1


# --- tools


@tool
def read_note(state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Read the patient's note."""
    return str(state["note"])


@tool
def search_notes(store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Search what is kept of the patient."""
    return str([item.value for item in store.search(("notes",))])


class Talk(CaseState):
    note: Private[str]
    messages: Annotated[Private[list[AnyMessage]], add_messages]
    questions: Shareable[list[SealedText]]
    answers: Shareable[list[RemoteText]]


class Model(FakeMessagesListChatModel):
    """Calls a tool, and then answers."""

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self


def _model(name: str) -> BaseChatModel:
    call = {"name": name, "args": {}, "id": "1"}
    return Model(responses=[AIMessage("", tool_calls=[call]), AIMessage("done")])


def _agent(trial: Trial, tool: Any, store: BaseStore | None = None) -> Any:
    """A ReAct loop whose nodes stand in the clinical graph itself, and a remote node behind it."""
    model = _model(tool.name)
    graph = ClinicalGraph(Talk)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([tool]))
    graph.add_node("consult", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition, {"tools": "tools", "__end__": "consult"})
    graph.add_edge("tools", "model")
    return trial.run(graph, {"note": SECRET, "messages": [("user", "what is in the note?")]}, store=store)


def _said(result: Any) -> list[str]:
    return [str(message.content) for message in result["messages"] if isinstance(message, ToolMessage)]


def tools_in_local_loop(trial: Trial) -> None:
    assert _said(_agent(trial, read_note)) == [SECRET]
    assert len(trial.seen) == 1


def store_tool_in_local_loop(trial: Trial) -> None:
    assert SECRET in _said(_agent(trial, search_notes, _store()))[0]
    assert len(trial.seen) == 1


def _commanding(update: dict[str, Any]) -> Any:
    @tool
    def remember() -> Command[Any]:
        """Keep something."""
        return Command(update={**update, "messages": [ToolMessage("kept", tool_call_id="1")]})

    return remember


def tool_commands_shareable(trial: Trial) -> None:
    _agent(trial, _commanding({"answers": [SECRET]}))


def tool_commands_private(trial: Trial) -> None:
    assert _agent(trial, _commanding({"note": "x"}))["note"] == "x"


def tool_node_remote(trial: Trial) -> None:
    ClinicalGraph(Talk).add_node("consult", ToolNode([read_note]), zone=REMOTE)


def store_tool_remote(trial: Trial) -> None:
    ClinicalGraph(Talk).add_node("consult", ToolNode([search_notes]), zone=REMOTE)


def tool_in_chain_remote(trial: Trial) -> None:
    trial.graph(remote=RunnableLambda(lambda state: {}) | read_note)


def tool_in_chain_local(trial: Trial) -> None:
    """Outside of an agent a tool is told its state by hand."""
    chain: Any = RunnableLambda(lambda state: {"state": state}) | read_note | (lambda text: {"note": text})
    assert trial.run(trial.with_node(chain))["note"] == SECRET


def _react(tool: Any) -> Any:
    return create_react_agent(_model(tool.name), [tool], state_schema=_ReactState)


class _ReactState(Talk):
    remaining_steps: int


def react_remote(trial: Trial) -> None:
    ClinicalGraph(Talk).add_node("consult", _react(read_note), zone=REMOTE)


def _with_react(trial: Trial, agent: Any) -> Any:
    graph = ClinicalGraph(Talk)
    graph.add_node("agent", agent)
    graph.add_node("consult", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "agent")
    graph.add_edge("agent", "consult")
    return trial.run(graph, {"note": SECRET, "messages": [("user", "what is in the note?")]})


def react_local(trial: Trial) -> None:
    assert _said(_with_react(trial, _react(read_note))) == [SECRET]
    assert len(trial.seen) == 1


def react_tool_commands_shareable(trial: Trial) -> None:
    _with_react(trial, _react(_commanding({"answers": [SECRET]})))


def react_tool_commands_private(trial: Trial) -> None:
    assert _with_react(trial, _react(_commanding({"note": "x"})))["note"] == "x"


def model_remote(trial: Trial) -> None:
    """It would be asked past the boundary's list of what left."""
    trial.graph(remote=RunnableLambda(str) | ScriptedChatModel(default="answer"))


def model_local(trial: Trial) -> None:
    chain = (lambda state: state["note"]) | ScriptedChatModel(default="x") | (lambda said: {"note": said.content})
    assert trial.run(trial.with_node(chain))["note"] == "x"


# --- @task


@task
def double(text: str) -> str:
    return text * 2


def task_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: double("x").result()))


def task_local(trial: Trial) -> None:
    assert trial.run(trial.with_node(lambda state: {"note": double("x").result()}))["note"] == "xx"


# --- the stream


def remote_stream(trial: Trial) -> None:
    def remote(state: State, runtime: Runtime[Any]) -> None:
        runtime.stream_writer("anything")

    trial.run(trial.graph(remote=remote))


def local_stream(trial: Trial) -> None:
    graph = trial.graph()

    def talk(state: State, runtime: Runtime[Any]) -> None:
        runtime.stream_writer("anything")

    graph.add_node("talk", talk)
    graph.add_edge("ask", "talk")
    trial.run(graph)


def stream_writer_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: get_stream_writer()("anything")))


PAIRS: list[Pair] = [
    ("store into a shareable channel", store_into_shareable, store_into_private),
    ("ToolNode in the remote zone", tool_node_remote, tools_in_local_loop),
    ("tool with the store in the remote zone", store_tool_remote, store_tool_in_local_loop),
    ("tool in a chain in the remote zone", tool_in_chain_remote, tool_in_chain_local),
    ("tool that returns a Command", tool_commands_shareable, tool_commands_private),
    ("ReAct agent in the remote zone", react_remote, react_local),
    ("tool of a ReAct agent that returns a Command", react_tool_commands_shareable, react_tool_commands_private),
    ("chat model in the remote zone", model_remote, model_local),
    ("@task in a node", task_remote, task_local),
    ("stream of a remote node", remote_stream, local_stream),
    ("get_stream_writer in a remote node", stream_writer_remote, local_stream),
]


@pytest.mark.filterwarnings("ignore:create_react_agent has been moved")
@pairs(PAIRS)
async def test_refused_and_its_nearest_neighbour(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    await check_pair(refused, accepted, is_async)


# --- what a remote node finds around it


def _ambient(trial: Trial) -> Callable[[State], None]:
    def remote(state: State) -> None:
        config = get_config()
        read = config["configurable"].get("__pregel_read")
        trial.seen.append(f"{config} {read and read('note', False)} {config['configurable'].get('thread_id')}")

    return remote


def ambient_config(trial: Trial) -> None:
    trial.run(trial.graph(remote=_ambient(trial)))
    assert SECRET not in str(trial.seen)
    assert len(trial.seen) == 1


def ambient_store(trial: Trial) -> None:
    store = InMemoryStore()
    store.put(("notes",), "1", {"text": SECRET})

    def remote(state: State, runtime: Runtime[Any]) -> None:
        trial.seen.append(f"{runtime.store} {get_store()}")

    trial.run(trial.graph(remote=remote), store=store)
    assert trial.seen == ["None None"]


@pytest.mark.parametrize("attempt", [ambient_config, ambient_store])
def test_a_remote_node_sees_nothing_private_in_its_surroundings(attempt: Callable[[Trial], None]) -> None:
    trial = Trial()
    attempt(trial)
    assert len(trial.seen) == 1
    assert SECRET not in str(trial.seen)


@pytest.mark.parametrize("sync", [True, False])
async def test_a_remote_node_is_given_shareable_channels_only(sync: bool) -> None:
    trial = Trial()
    if sync:
        trial.run(trial.graph())
    else:
        await trial.arun(trial.graph())
    assert len(trial.seen) == 1
    assert SECRET not in trial.seen[0]
    assert trial.bench.case in trial.seen[0]  # the seal names its case: a random handle


WHO = ContextVar("WHO", default="nobody")


def _callbacks(runtime: Runtime[Any]) -> Any:
    return get_config()["callbacks"]


PRYING: dict[str, Callable[[Runtime[Any]], Any]] = {
    "case store": lambda runtime: runtime.context.cases,
    "boundary": lambda runtime: runtime.context.boundary,
    "checkpointer": lambda runtime: get_config()["configurable"]["__pregel_checkpointer"],
    "send": lambda runtime: get_config()["configurable"]["__pregel_send"],
    "metadata": lambda runtime: get_config()["metadata"],
    "tags": lambda runtime: get_config()["tags"],
    "custom event": lambda runtime: dispatch_custom_event("event", SECRET),
    "callbacks": _callbacks,
    "store": lambda runtime: get_store(),
    "store of get_runtime": lambda runtime: get_runtime().store,
    "previous": lambda runtime: runtime.previous,
    "execution info": lambda runtime: runtime.execution_info,
    "server info": lambda runtime: runtime.server_info,
    "control": lambda runtime: runtime.control,
    "context variable": lambda runtime: None if WHO.get() == "nobody" else WHO.get(),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("what", PRYING)
def test_a_remote_node_finds_nothing_where_langgraph_puts_things(what: str, is_async: bool) -> None:
    trial, found = Trial(is_async), list[Any]()

    def remote(state: State, runtime: Runtime[Any]) -> None:
        try:
            found.append(PRYING[what](runtime))
        except (AttributeError, KeyError, RuntimeError):
            found.append(None)

    token = WHO.set(SECRET)
    try:
        trial.run(trial.graph(remote=remote), store=_store())
    finally:
        WHO.reset(token)
    assert found == [None]


@pytest.mark.parametrize("in_loop", [False, True], ids=["script", "notebook"])
@pytest.mark.parametrize("what", PRYING)
def test_an_async_remote_node_under_invoke_finds_nothing_either(what: str, in_loop: bool) -> None:
    """It runs on an event loop of its own, in a notebook in a thread of its own: with an empty context too."""
    trial, found = Trial(), list[Any]()

    async def remote(state: State, runtime: Runtime[Any]) -> None:
        try:
            found.append(PRYING[what](runtime))
        except (AttributeError, KeyError, RuntimeError):
            found.append(None)

    async def cell() -> None:
        trial.run(trial.graph(remote=remote), store=_store())

    token = WHO.set(SECRET)
    try:
        if in_loop:
            asyncio.run(cell())
        else:
            trial.run(trial.graph(remote=remote), store=_store())
    finally:
        WHO.reset(token)
    assert found == [None]
