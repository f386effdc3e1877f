"""Pairs over graphs inside graphs, and what comes back from a clinical graph inside another."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any

import pytest
from langchain_core.messages import AnyMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint
from langgraph.graph import StateGraph
from langgraph.graph.message import add_messages
from langgraph.pregel.remote import RemoteGraph

from bedside.boundary import SealedText
from bedside.errors import GraphError
from bedside.flow import LOCAL, REMOTE, START, CaseState, ClinicalGraph, Command, Private, Send, Shareable, Zone
from bedside.persistence import serializer
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, Attempt, Pair, State, Trial, check_pair, pairs, plain_subgraph

# --- a plain sub-graph has channels and nodes without zones


def _with_subgraph(trial: Trial, subgraph: Any) -> ClinicalGraph:
    graph = trial.graph()
    graph.add_node("sub", subgraph)
    graph.add_edge("ask", "sub")
    return graph


def plain_subgraph_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=plain_subgraph()))


def plain_subgraph_local(trial: Trial) -> None:
    trial.run(_with_subgraph(trial, plain_subgraph()))


def wrapped_subgraph_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=RunnableLambda(lambda state: state) | plain_subgraph().with_retry()))


def wrapped_subgraph_local(trial: Trial) -> None:
    trial.run(_with_subgraph(trial, RunnableLambda(lambda state: {"note": state["note"]}) | plain_subgraph()))


def plain_subgraph_writes_shareable(trial: Trial) -> None:
    trial.run(_with_subgraph(trial, plain_subgraph(schema=State)))


@entrypoint()
def workflow(state: Any) -> Any:
    return {"note": SECRET}


def entrypoint_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=workflow))


def entrypoint_local(trial: Trial) -> None:
    trial.run(_with_subgraph(trial, workflow))


# --- a command from a plain sub-graph to its parent


def _commanding(trial: Trial, update: dict[str, Any], goto: Any = ()) -> ClinicalGraph:
    def node(state: Any) -> Command[Any]:
        return Command(graph=Command.PARENT, update=update, goto=goto)

    graph = trial.graph()
    graph.add_node("sub", plain_subgraph(node), destinations=("consult",))
    graph.add_edge("ask", "sub")
    return graph


def parent_command_shareable(trial: Trial) -> None:
    trial.run(_commanding(trial, {"answers": [SECRET]}))


def parent_command_private(trial: Trial) -> None:
    trial.run(_commanding(trial, {"note": SECRET}))


def parent_command_sends(trial: Trial) -> None:
    trial.run(_commanding(trial, {}, Send("consult", {"note": SECRET})))


def parent_command_goes(trial: Trial) -> None:
    trial.run(_commanding(trial, {"note": SECRET}, "consult"))
    assert trial.seen


# --- a graph on another machine


def remote_graph(trial: Trial) -> None:
    trial.graph().add_node("elsewhere", RemoteGraph("agent", url="http://127.0.0.1:9"))


def hidden_remote_graph(trial: Trial) -> None:
    chain = RunnableLambda(lambda state: state) | RemoteGraph("agent", url="http://127.0.0.1:9")
    trial.graph().add_node("elsewhere", chain)


# --- a clinical graph inside a clinical graph


def _inner(trial: Trial, zone_of_leak: Zone) -> Any:
    inner = trial.graph(remote=trial.consult)
    inner.add_node("leak", lambda state: {"note": state.get("note", "")}, zone=zone_of_leak)
    inner.add_edge("ask", "leak")
    return inner.compile(prompts=PROMPTS)


async def clinical_in_clinical(trial: Trial) -> None:
    graph = ClinicalGraph(State)
    graph.add_node("sub", _inner(trial, LOCAL))
    graph.add_node("consult", trial.spy, zone=REMOTE)
    graph.add_edge(START, "sub")
    graph.add_edge("sub", "consult")
    result = await trial.arun(graph, {"note": SECRET})
    assert result["note"] == SECRET
    assert result["drafts"]
    assert "questions" not in result  # the inner seals stay inside
    assert trial.bench.cases.egress(trial.bench.case)


async def leak_in_clinical_in_clinical(trial: Trial) -> None:
    graph = ClinicalGraph(State)
    graph.add_node("sub", _inner(trial, REMOTE))
    graph.add_edge(START, "sub")
    await trial.arun(graph, {"note": SECRET})


def clinical_remote(trial: Trial) -> None:
    trial.graph(remote=_inner(trial, LOCAL))


class OtherLabel(CaseState):
    questions: Private[list[SealedText]]


class SameLabel(CaseState):
    questions: Shareable[list[SealedText]]


def _labelled(trial: Trial, schema: type[Any]) -> ClinicalGraph:
    inner = ClinicalGraph(schema)
    inner.add_node("inner", lambda state: None)
    inner.add_edge(START, "inner")
    return _with_subgraph(trial, inner.compile(prompts=PROMPTS))


def inner_private_outer_shareable(trial: Trial) -> None:
    _labelled(trial, OtherLabel).compile(prompts=PROMPTS)


def inner_and_outer_shareable(trial: Trial) -> None:
    assert trial.run(_labelled(trial, SameLabel))["questions"]


def _inner_to_parent(trial: Trial, update: dict[str, Any]) -> ClinicalGraph:
    inner = ClinicalGraph(State)
    inner.add_node("inner", lambda state: Command(graph=Command.PARENT, update=update))
    inner.add_edge(START, "inner")
    return _with_subgraph(trial, inner.compile(prompts=PROMPTS))


def inner_commands_shareable(trial: Trial) -> None:
    trial.run(_inner_to_parent(trial, {"answers": [SECRET]}))


def inner_commands_private(trial: Trial) -> None:
    assert trial.run(_inner_to_parent(trial, {"note": "inner"}))["note"] == "inner"


def _updated_inside(trial: Trial, update: dict[str, Any]) -> None:
    """`update_state` at the place where the inner graph waits."""
    app, config = trial.paused(_inner_waiting(trial), interrupt_before=[])
    inside = app.get_state(config, subgraphs=True).tasks[0].state.config  # type: ignore[union-attr]
    app.update_state(inside, update)
    assert trial.call(app, None, config)["note"] == "changed"


def _inner_waiting(trial: Trial) -> ClinicalGraph:
    class Inner(CaseState):
        note: Private[str]
        own: Private[str]
        questions: Shareable[list[SealedText]]

    inner = ClinicalGraph(Inner)
    inner.add_node("first", lambda state: {"own": SECRET})
    inner.add_node("last", lambda state: {"note": state["own"]})
    inner.add_edge(START, "first")
    inner.add_edge("first", "last")
    graph = ClinicalGraph(State)
    graph.add_node("sub", inner.compile(prompts=PROMPTS, interrupt_before=["last"]))
    graph.add_edge(START, "sub")
    return graph


def inner_update_shareable(trial: Trial) -> None:
    _updated_inside(trial, {"questions": [SECRET]})


def inner_update_private(trial: Trial) -> None:
    _updated_inside(trial, {"own": "changed"})


PAIRS: list[Pair] = [
    ("plain sub-graph in the remote zone", plain_subgraph_remote, plain_subgraph_local),
    ("plain sub-graph inside a chain", wrapped_subgraph_remote, wrapped_subgraph_local),
    ("plain sub-graph gives back a shareable channel", plain_subgraph_writes_shareable, plain_subgraph_local),
    ("@entrypoint as a node", entrypoint_remote, entrypoint_local),
    ("Command.PARENT with a shareable update", parent_command_shareable, parent_command_private),
    ("Command.PARENT with a Send", parent_command_sends, parent_command_goes),
    ("RemoteGraph as a local node", remote_graph, plain_subgraph_local),
    ("RemoteGraph inside a chain", hidden_remote_graph, wrapped_subgraph_local),
    ("leak inside a clinical graph inside another", leak_in_clinical_in_clinical, clinical_in_clinical),
    ("clinical graph in the remote zone", clinical_remote, clinical_in_clinical),
    ("one channel, another label in the inner graph", inner_private_outer_shareable, inner_and_outer_shareable),
    ("Command.PARENT of an inner clinical graph", inner_commands_shareable, inner_commands_private),
    ("update_state inside an inner clinical graph", inner_update_shareable, inner_update_private),
]


@pairs(PAIRS)
async def test_refused_and_its_nearest_neighbour(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    await check_pair(refused, accepted, is_async)


# --- what comes back: LangGraph would put it through the outer reducer again


class Log(CaseState):
    note: Private[str]
    log: Annotated[Private[list[str]], add]
    count: Annotated[Private[int], add]
    messages: Annotated[Private[list[AnyMessage]], add_messages]
    last: Annotated[Private[list[str]], lambda old, new: (old + new)[-2:]]


def _logging(name: str, schema: Any = Log, kind: Any = ClinicalGraph, **options: Any) -> Any:
    """A compiled graph of one node that adds to each channel."""

    def node(state: Any) -> dict[str, Any]:
        return {"log": [name], "count": 1, "messages": [HumanMessage(name, id=name)], "last": [name]}

    graph = kind(schema)
    graph.add_node("inner", node)
    graph.add_edge(START, "inner")
    return graph.compile(**options)


def _around(*inner: Any) -> ClinicalGraph:
    """before → the inner graphs side by side → after."""
    graph = ClinicalGraph(Log)
    one = [HumanMessage("before", id="before")]
    graph.add_node("before", lambda state: {"log": ["before"], "count": 1, "messages": one, "last": ["before"]})
    graph.add_node("after", lambda state: {"log": ["after"]})
    graph.add_edge(START, "before")
    for number, app in enumerate(inner):
        graph.add_node(f"inner{number}", app)
        graph.add_edge("before", f"inner{number}")
    graph.add_edge([f"inner{number}" for number in range(len(inner))], "after")
    return graph


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_what_an_inner_graph_adds_comes_back_once(is_async: bool) -> None:
    result = Trial(is_async).run(_around(_logging("inner")), {"note": SECRET})
    assert result["log"] == ["before", "inner", "after"]
    assert result["count"] == 2
    assert [message.id for message in result["messages"]] == ["before", "inner"]
    assert result["last"] == ["before", "inner"]
    assert result["note"] == SECRET


def test_plain_langgraph_adds_it_twice() -> None:
    """Why a clinical graph does not: a fact that is listed twice is two facts."""
    graph = StateGraph(Log)
    graph.add_node("before", lambda state: {"log": ["before"]})
    graph.add_node("inner", _logging("inner", kind=StateGraph))
    graph.add_edge(START, "before")
    graph.add_edge("before", "inner")
    app: Any = graph.compile()
    assert app.invoke({"log": []})["log"] == ["before", "before", "inner"]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_two_inner_graphs_side_by_side_lose_nothing(is_async: bool) -> None:
    """Neither writes back what it did not change, and each writes what it added."""

    class Less(CaseState):
        note: Private[str]
        log: Annotated[Private[list[str]], add]
        count: Annotated[Private[int], add]

    def inner(name: str) -> Any:
        graph = ClinicalGraph(Less)
        graph.add_node("inner", lambda state: {"log": [name], "count": 1})
        graph.add_edge(START, "inner")
        return graph.compile()

    result = Trial(is_async).run(_around(inner("one"), inner("two")), {"note": SECRET})
    assert result["log"] == ["before", "one", "two", "after"]
    assert result["count"] == 3


def test_an_inner_graph_fanned_out_by_send_adds_each_time() -> None:
    graph = ClinicalGraph(Log)
    graph.add_node("before", lambda state: {"log": ["before"]})
    graph.add_node("sub", _logging("inner"))
    graph.add_edge(START, "before")
    packets = [{"log": ["before"]}, {}]
    graph.add_conditional_edges("before", lambda state: [Send("sub", packet) for packet in packets], ["sub"])
    assert Trial().run(graph)["log"] == ["before", "inner", "inner"]


def test_what_an_inner_graph_takes_away_is_gone() -> None:
    inner = ClinicalGraph(Log)
    inner.add_node("forget", lambda state: {"messages": [RemoveMessage(id="before")]})
    inner.add_edge(START, "forget")
    assert Trial().run(_around(inner.compile()))["messages"] == []


def test_an_inner_graph_that_keeps_its_state_is_told_the_outer_one() -> None:
    trial = Trial()
    app = _around(_logging("inner", checkpointer=True)).compile(InMemorySaver(serde=serializer()), prompts=PROMPTS)
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    for _ in range(2):
        result = trial.call(app, {"case": trial.bench.case}, config)
    assert result["log"] == ["before", "inner", "after"] * 2
    assert result["count"] == 4


def test_the_case_of_an_inner_graph_is_the_same() -> None:
    trial = Trial()
    inner = ClinicalGraph(State)
    inner.add_node("other", lambda state: {"case": trial.bench.open()})
    inner.add_edge(START, "other")
    with pytest.raises(GraphError, match="another case"):
        trial.run(_with_subgraph(trial, inner.compile(prompts=PROMPTS)))


def test_an_inner_graph_cannot_be_sent_another_case() -> None:
    """What it brings back would be released under a vault that does not know its patient."""
    trial = Trial()
    graph = ClinicalGraph(Log)
    graph.add_node("sub", _logging("inner"))
    graph.add_conditional_edges(START, lambda state: Send("sub", {"case": trial.bench.open()}), ["sub"])
    with pytest.raises(GraphError, match="another case"):
        trial.run(graph)
