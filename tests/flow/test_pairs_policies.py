"""Pairs over what LangGraph hangs on a node: cache, error handlers, retry, time-out, defer, interrupts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphInterrupt, NodeError, NodeTimeoutError
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import CachePolicy, Interrupt, RetryPolicy, TimeoutPolicy, interrupt

from bedside.errors import GraphError, NodeFailedError
from bedside.flow import REMOTE, START, ClinicalGraph, Command, release
from bedside.persistence import serializer
from tests.conftest import SECRET
from tests.flow.trial import Attempt, Pair, State, Trial, check_pair, pairs

AT_ONCE = RetryPolicy(initial_interval=0, jitter=False)

# --- cache


def cached_remote(trial: Trial) -> None:
    trial.run(trial.graph(cache_policy=CachePolicy()), cache=InMemoryCache())


def cached_local(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("cached", lambda state: {"note": SECRET}, cache_policy=CachePolicy())
    graph.add_edge("ask", "cached")
    trial.run(graph, cache=InMemoryCache())


def cache_by_default(trial: Trial) -> None:
    graph = trial.graph()
    graph.set_node_defaults(cache_policy=CachePolicy())
    trial.run(graph, cache=InMemoryCache())


def cache_hit(trial: Trial) -> None:
    """A second case with the same note finds what the first one made."""
    runs: list[int] = []

    def cached(state: State) -> dict[str, Any]:
        runs.append(1)
        return {"note": SECRET}

    cache = InMemoryCache[Any]()
    for _ in range(2):
        trial.run(trial.with_node(cached, cache_policy=CachePolicy(key_func=lambda state: "same")), cache=cache)
    assert runs == [1]


# --- error handlers and node defaults


def _failing(state: State) -> None:
    raise ConnectionError(SECRET)


def _handled(trial: Trial, handler: Any) -> ClinicalGraph:
    return trial.graph(remote=_failing, error_handler=handler)


def handler_writes_shareable(trial: Trial) -> None:
    trial.run(_handled(trial, lambda state: {"answers": [SECRET]}))


def handler_writes_private(trial: Trial) -> None:
    """It is local code, and is told the type of the failure only."""

    def handler(state: State, error: NodeError) -> dict[str, Any]:
        assert isinstance(error.error, NodeFailedError)
        return {"note": f"{error.node}: {error.error}"}

    note = trial.run(_handled(trial, handler))["note"]
    assert "consult" in note
    assert "ConnectionError" in note
    assert SECRET not in note


def handler_goes_remote(trial: Trial) -> None:
    graph = trial.graph(remote=trial.spy)
    graph.add_node("fails", _failing, error_handler=lambda state: Command(goto="consult", update={"answers": []}))
    graph.add_edge("ask", "fails")
    trial.run(graph)


def handler_goes_local(trial: Trial) -> None:
    graph = trial.graph(remote=trial.spy)
    graph.add_node("fails", _failing, error_handler=lambda state: Command(goto="after", update={"note": "x"}))
    graph.add_node("after", lambda state: {"note": state["note"] + "y"})
    graph.add_edge("ask", "fails")
    assert trial.run(graph)["note"] == "xy"


def handler_is_elsewhere(trial: Trial) -> None:
    _handled(trial, RemoteGraph("agent", url="http://127.0.0.1:9"))


def _by_default(trial: Trial, handler: Any) -> ClinicalGraph:
    graph = trial.graph(remote=_failing)
    graph.set_node_defaults(error_handler=handler, retry_policy=AT_ONCE)
    return graph


def default_handler_writes_shareable(trial: Trial) -> None:
    trial.run(_by_default(trial, lambda state: {"answers": [SECRET]}))


def default_handler_writes_private(trial: Trial) -> None:
    assert trial.run(_by_default(trial, lambda state: {"note": "handled"}))["note"] == "handled"


def default_handler_is_elsewhere(trial: Trial) -> None:
    _by_default(trial, RemoteGraph("agent", url="http://127.0.0.1:9"))


# --- retry


def _retried(trial: Trial, output: Any) -> list[int]:
    tries: list[int] = []

    def node(state: State) -> Any:
        tries.append(1)
        return output(len(tries))

    policy = AT_ONCE._replace(retry_on=(ConnectionError, ValueError))
    try:
        trial.run(trial.with_node(node, retry_policy=policy))
    finally:
        trial.seen.append(str(len(tries)))
    return tries


def retried_leak(trial: Trial) -> None:
    """What Bedside refuses is not tried again."""
    try:
        _retried(trial, lambda attempt: {"answers": [SECRET]})
    finally:
        assert trial.seen[-1] == "1"


def retried_failure(trial: Trial) -> None:
    def output(attempt: int) -> dict[str, Any]:
        if attempt < 3:
            raise ConnectionError(SECRET)
        return {"note": SECRET}

    assert len(_retried(trial, output)) == 3


def retried_remote(trial: Trial) -> None:
    """A remote node is shown the same at each try."""

    def flaky(state: State) -> None:
        trial.seen.append(str(state))
        if len(trial.seen) < 3:
            raise ConnectionError

    trial.run(trial.graph(remote=flaky, retry_policy=AT_ONCE))
    assert len(trial.seen) == 3
    assert len(set(trial.seen)) == 1


# --- time-out


async def _slow(state: State) -> None:
    await asyncio.sleep(5)


def _timed(trial: Trial, handler: Any) -> ClinicalGraph:
    return trial.graph(remote=_slow, timeout=TimeoutPolicy(run_timeout=0.01), error_handler=handler)


async def timeout_handler_writes_shareable(trial: Trial) -> None:
    await trial.arun(_timed(trial, lambda state: {"answers": [SECRET]}))


async def timeout_handler_writes_private(trial: Trial) -> None:
    def handler(state: State, error: NodeError) -> dict[str, Any]:
        return {"note": type(error.error).__name__}

    assert (await trial.arun(_timed(trial, handler)))["note"] == NodeTimeoutError.__name__


# --- defer


def _deferred(trial: Trial, output: Any) -> ClinicalGraph:
    """Two branches of different length, and a node that waits for both."""
    graph = trial.graph()
    graph.add_node("other", lambda state: None)
    graph.add_node("last", lambda state: output, defer=True)
    graph.add_edge("ask", "other")
    graph.add_edge("other", "last")
    graph.add_edge("consult", "last")
    return graph


def deferred_leak(trial: Trial) -> None:
    trial.run(_deferred(trial, {"answers": [SECRET]}))


def deferred_local(trial: Trial) -> None:
    assert trial.run(_deferred(trial, {"note": "last"}))["note"] == "last"
    assert len(trial.seen) == 1


def deferred_remote(trial: Trial) -> None:
    """It runs once, after everything else, and sees the seal of the longer branch."""
    graph = ClinicalGraph(State)
    graph.add_node("ask", lambda state: {"drafts": [trial.bench.draft()], "note": SECRET})
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("consult", trial.spy, zone=REMOTE, defer=True)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "consult")
    graph.add_edge("ask", "release")
    graph.add_edge("release", "consult")
    trial.run(graph)
    assert len(trial.seen) == 1
    assert "chest pain" in trial.seen[0]


# --- interrupts: the answer of a person is private


def remote_interrupt(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: interrupt("?")), checkpointer=InMemorySaver(serde=serializer()))


def local_interrupt(trial: Trial) -> None:
    trial.run(trial.returning(lambda: interrupt("?")), checkpointer=InMemorySaver(serde=serializer()))


def remote_raises_interrupt(trial: Trial) -> None:
    def remote(state: State) -> None:
        raise GraphInterrupt([Interrupt("words of its own")])

    trial.run(trial.graph(remote=remote), checkpointer=InMemorySaver(serde=serializer()))


def _answered(trial: Trial, channel: str) -> dict[str, Any]:
    graph = trial.with_node(lambda state: {channel: [interrupt(state["note"])]})
    app, config = trial.paused(graph, interrupt_before=[])
    return trial.call(app, Command(resume=SECRET), config)


def answer_into_shareable(trial: Trial) -> None:
    _answered(trial, "answers")


def answer_into_private(trial: Trial) -> None:
    assert _answered(trial, "note")["note"] == [SECRET]
    assert len(trial.seen) == 1


def resume_with_update(trial: Trial) -> None:
    app, config = trial.paused(trial.with_node(lambda state: interrupt("?") and None), interrupt_before=[])
    trial.call(app, Command(resume="yes", update={"answers": [SECRET]}), config)


def resume_with_private_update(trial: Trial) -> None:
    app, config = trial.paused(trial.with_node(lambda state: interrupt("?") and None), interrupt_before=[])
    assert trial.call(app, Command(resume="yes", update={"note": "x"}), config)["note"] == "x"


def update_at_pause(trial: Trial) -> None:
    app, config = trial.paused()
    app.update_state(config, {"answers": [SECRET]})


def static_interrupts(trial: Trial) -> None:
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    options: dict[str, Any] = {"interrupt_after": ["release"], "interrupt_before": ["consult"]}
    app = trial.graph().compile(InMemorySaver(serde=serializer()), **options)
    trial.call(app, {"case": trial.bench.case}, config)
    assert not trial.seen
    trial.call(app, None, config)
    assert len(trial.seen) == 1


PAIRS: list[Pair] = [
    ("cache over a remote node", cached_remote, cached_local),
    ("cache by node defaults", cache_by_default, cache_hit),
    ("error handler writes a shareable channel", handler_writes_shareable, handler_writes_private),
    ("error handler with a Command", handler_goes_remote, handler_goes_local),
    ("RemoteGraph as error handler", handler_is_elsewhere, handler_writes_private),
    ("default error handler", default_handler_writes_shareable, default_handler_writes_private),
    ("RemoteGraph as default error handler", default_handler_is_elsewhere, default_handler_writes_private),
    ("retry policy", retried_leak, retried_failure),
    ("retry policy of a remote node", retried_leak, retried_remote),
    ("time-out", timeout_handler_writes_shareable, timeout_handler_writes_private),
    ("deferred local node", deferred_leak, deferred_local),
    ("deferred remote node", deferred_leak, deferred_remote),
    ("interrupt in a remote node", remote_interrupt, local_interrupt),
    ("interrupt that a remote node raises itself", remote_raises_interrupt, local_interrupt),
    ("answer to an interrupt", answer_into_shareable, answer_into_private),
    ("Command(resume, update)", resume_with_update, resume_with_private_update),
    ("interrupt_before and interrupt_after", update_at_pause, static_interrupts),
]


@pairs(PAIRS)
async def test_refused_and_its_nearest_neighbour(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    await check_pair(refused, accepted, is_async)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_retry_policy_sees_the_failure_itself(is_async: bool) -> None:
    trial, tries = Trial(is_async), list[int]()

    def flaky(state: State) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError(SECRET)

    graph = ClinicalGraph(State)
    graph.add_node("flaky", flaky, retry_policy=AT_ONCE._replace(retry_on=ConnectionError))
    graph.add_edge(START, "flaky")
    trial.run(graph)
    assert len(tries) == 3


def test_a_timeout_wants_an_async_node_as_in_langgraph() -> None:
    trial = Trial()
    with pytest.raises(ValueError, match="timeout"):
        trial.graph(timeout=1.0).compile()


def first(state: State) -> dict[str, Any]:
    return {"drafts": ["first"]}


def second(state: State) -> dict[str, Any]:
    return {"drafts": ["second"]}


def test_two_graphs_on_one_cache_do_not_mix_their_nodes() -> None:
    """LangGraph tells nodes apart by their function, and here each stands in the same wrapper."""
    trial, cache = Trial(), InMemoryCache[Any]()
    for action in (first, second, first):
        graph = ClinicalGraph(State)
        graph.add_node("node", action, cache_policy=CachePolicy())
        graph.add_edge(START, "node")
        assert trial.run(graph, cache=cache)["drafts"] == [action.__name__]


def test_an_error_of_bedsides_is_not_tried_again_whatever_the_policy_says() -> None:
    """The same graph refuses the same thing."""
    tries: list[int] = []

    def fails(state: State) -> dict[str, Any]:
        tries.append(1)
        raise GraphError("no")

    trial = Trial()
    graph = trial.with_node(fails, retry_policy=AT_ONCE._replace(retry_on=Exception))
    with pytest.raises(GraphError):
        trial.run(graph)
    assert len(tries) == 1
