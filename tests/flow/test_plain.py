"""The same leaks on plain LangGraph: each goes through there, so each promise can be broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config, get_store
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import CachePolicy, Command, Send, interrupt
from typing_extensions import TypedDict

from tests.conftest import SECRET

Seen = list[str]


class PlainFull(TypedDict, total=False):
    case: str
    note: str
    questions: list[Any]
    messages: list[Any]


class PlainQuestions(TypedDict):
    questions: list[Any]


def plain(remote: Any, *before: Any, schema: Any = PlainQuestions) -> Any:
    """before → a "remote" node that is meant to see its questions only."""
    graph = StateGraph(PlainFull)
    names = [f"before{number}" for number, _ in enumerate(before)]
    for name, action in zip(names, before, strict=True):
        graph.add_node(name, action)
    graph.add_node("remote", remote, input_schema=schema)
    for one, next_one in zip([START, *names], [*names, "remote"], strict=True):
        graph.add_edge(one, next_one)
    graph.add_edge("remote", END)
    return graph


def run(graph: Any, **options: Any) -> None:
    config: RunnableConfig = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}
    graph.compile(**options).invoke({"case": "1", "note": SECRET}, config, context=SECRET)


def send(seen: Seen) -> None:
    graph = StateGraph(PlainFull)
    graph.add_node("remote", lambda state: seen.append(str(state)), input_schema=PlainQuestions)
    graph.add_conditional_edges(START, lambda state: [Send("remote", state)], ["remote"])
    run(graph)


def send_in_command(seen: Seen) -> None:
    graph = StateGraph(PlainFull)
    graph.add_node("before", lambda state: Command(goto=Send("remote", state)), destinations=("remote",))
    graph.add_node("remote", lambda state: seen.append(str(state)), input_schema=PlainQuestions)
    graph.add_edge(START, "before")
    run(graph)


def written(seen: Seen) -> None:
    run(plain(lambda state: seen.append(str(state)), lambda state: {"questions": [state["note"]]}))


def relabelled(seen: Seen) -> None:
    class Other(TypedDict):
        note: str

    run(plain(lambda state: seen.append(str(state)), schema=Other))


def read(seen: Seen) -> None:
    run(plain(lambda state: seen.append(get_config()["configurable"]["__pregel_read"]("note", False))))


def thread(seen: Seen) -> None:
    run(plain(lambda state: seen.append(get_config()["configurable"]["thread_id"])), checkpointer=InMemorySaver())


def metadata(seen: Seen) -> None:
    run(plain(lambda state: seen.append(str(get_config()["metadata"]))))


def context(seen: Seen) -> None:
    def remote(state: PlainQuestions, runtime: Runtime[Any]) -> None:
        seen.append(runtime.context)

    run(plain(remote))


def store(seen: Seen) -> None:
    kept = InMemoryStore()
    kept.put(("notes",), "1", {"text": SECRET})
    run(plain(lambda state: seen.append(str(get_store().search(("notes",))))), store=kept)


def store_in_tool(seen: Seen) -> None:
    @tool
    def read_note(state: Annotated[dict[str, Any], InjectedState]) -> str:
        """Read the note."""
        seen.append(str(state))
        return ""

    call = AIMessage("", tool_calls=[{"name": "read_note", "args": {}, "id": "1"}])
    run(plain(ToolNode([read_note]), lambda state: {"messages": [call]}, schema=PlainFull))


def subgraph(seen: Seen) -> None:
    inner = StateGraph(PlainFull)
    inner.add_node("inner", lambda state: seen.append(str(state)))
    inner.add_edge(START, "inner")
    graph = StateGraph(PlainFull)
    graph.add_node("remote", inner.compile())
    graph.add_edge(START, "remote")
    run(graph)


def updated(seen: Seen) -> None:
    app = plain(lambda state: seen.append(str(state))).compile(InMemorySaver(), interrupt_before=["remote"])
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    app.invoke({"case": "1"}, config)
    app.update_state(config, {"questions": [SECRET]})
    app.invoke(None, config)


def answered(seen: Seen) -> None:
    app = plain(lambda state: seen.append(interrupt("?"))).compile(InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    app.invoke({"case": "1"}, config)
    app.invoke(Command(resume=SECRET), config)


def cached(seen: Seen) -> None:
    """What a remote node made for one patient is given out for the next."""
    cache = InMemoryCache[Any]()
    for note in (SECRET, "another"):
        graph = StateGraph(PlainFull)
        graph.add_node(
            "remote",
            lambda state: {"questions": [state["note"]]},
            cache_policy=CachePolicy(key_func=lambda state: "same"),
        )
        graph.add_edge(START, "remote")
        result = graph.compile(cache=cache).invoke({"note": note})
    seen.append(str(result["questions"]))


LEAKS = [
    send,
    send_in_command,
    written,
    relabelled,
    read,
    thread,
    metadata,
    context,
    store,
    store_in_tool,
    subgraph,
    updated,
    answered,
    cached,
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_plain_langgraph_lets_private_data_reach_the_same_node(leak: Callable[[Seen], None]) -> None:
    seen: Seen = []
    leak(seen)
    assert SECRET in str(seen)
