"""Pairs over control flow: input, updates, routers, `Send` and `Command`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.types import StateUpdate, TracePolicy

from bedside.boundary import SealedText
from bedside.flow import (
    END,
    REMOTE,
    START,
    CaseState,
    ClinicalGraph,
    Command,
    Private,
    Send,
    Shareable,
    release,
)
from tests.conftest import SECRET
from tests.flow.trial import Ask, Attempt, Pair, State, Trial, check_pair, pairs

# --- Send: LangGraph delivers its payload raw


def _with_send(trial: Trial, payload: Callable[[Any], dict[str, Any]]) -> ClinicalGraph:
    graph = ClinicalGraph(State)
    graph.add_node("ask", lambda state: {"drafts": [trial.bench.draft()], "note": SECRET})
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("consult", trial.spy, zone=REMOTE, input_schema=Ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "release")
    graph.add_conditional_edges("release", lambda state: [Send("consult", payload(state))], ["consult"])
    return graph


def raw_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"note": state["note"]}))


def sealed_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"question": state["questions"][0]}))


def text_in_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"question": state["note"]}))


class Flag(CaseState):
    note: Private[str]
    flag: Shareable[bool]
    questions: Shareable[list[SealedText]]


def _flag_graph(trial: Trial, payload: Callable[[Any], dict[str, Any]]) -> ClinicalGraph:
    graph = ClinicalGraph(Flag)
    graph.add_node("start", lambda state: {"note": SECRET})
    graph.add_node("consult", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "start")
    graph.add_conditional_edges("start", lambda state: [Send("consult", payload(state))], ["consult"])
    return graph


def scalar_in_send(trial: Trial) -> None:
    trial.run(_flag_graph(trial, lambda state: {"flag": "Z" in state["note"]}))


def nothing_in_send(trial: Trial) -> None:
    trial.run(_flag_graph(trial, lambda state: {}))


def _sending_by_command(trial: Trial, packet: Callable[[Any], Any]) -> ClinicalGraph:
    """The node after the release sends by `Command(goto=…)`."""
    graph = ClinicalGraph(State)
    graph.add_node("ask", lambda state: {"drafts": [trial.bench.draft()], "note": SECRET})
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("share", lambda state: Command(goto=packet(state)), destinations=("consult",))
    graph.add_node("consult", trial.spy, zone=REMOTE, input_schema=Ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "release")
    graph.add_edge("release", "share")
    return graph


def command_sends_state(trial: Trial) -> None:
    trial.run(_sending_by_command(trial, lambda state: [Send("consult", state)]))


def command_sends_seals(trial: Trial) -> None:
    graph = _sending_by_command(trial, lambda state: [Send("consult", {"question": q}) for q in state["questions"]])
    trial.run(graph)
    assert "chest pain" in trial.seen[0]


def _remote_sending(trial: Trial, payload: dict[str, Any]) -> ClinicalGraph:
    graph = trial.graph(remote=lambda state: Command(goto=Send("merge", payload)), destinations=("merge",))
    graph.add_node("merge", lambda state: {"note": "x"})
    return graph


def remote_sends_text(trial: Trial) -> None:
    trial.run(_remote_sending(trial, {"note": "made up"}))


def remote_sends_nothing(trial: Trial) -> None:
    assert trial.run(_remote_sending(trial, {}))["note"] == "x"


# --- routers are local code


def _routed(trial: Trial, router: Any, targets: Any = None) -> ClinicalGraph:
    graph = ClinicalGraph(State)
    graph.add_node("consult", trial.spy, zone=REMOTE)
    graph.add_conditional_edges(START, router, targets)
    return graph


def start_router_sends_input(trial: Trial) -> None:
    trial.run(_routed(trial, lambda state: Send("consult", state), ["consult"]), {"note": SECRET})


def start_router_goes(trial: Trial) -> None:
    trial.run(_routed(trial, lambda state: "consult" if state["note"] else END), {"note": SECRET})
    assert len(trial.seen) == 1


def runnable_router_sends_input(trial: Trial) -> None:
    router: Any = RunnableLambda(lambda state: [Send("consult", state)], name="router")
    trial.run(_routed(trial, router, ["consult"]), {"note": SECRET})


def runnable_router_maps(trial: Trial) -> None:
    router: Any = RunnableLambda(lambda state: SECRET in state["note"], name="router")
    trial.run(_routed(trial, router, {True: "consult", False: END}), {"note": SECRET})
    assert len(trial.seen) == 1


async def async_router_sends_input(trial: Trial) -> None:
    async def router(state: State) -> Any:
        return [Send("consult", state)]

    await trial.arun(_routed(trial, router, ["consult"]), {"note": SECRET})


async def async_router_goes(trial: Trial) -> None:
    async def router(state: State) -> Any:
        return ["consult"]

    await trial.arun(_routed(trial, router, ["consult"]), {"note": SECRET})
    assert len(trial.seen) == 1


# --- graph input, update_state and Command as input


def raw_input(trial: Trial) -> None:
    trial.run(trial.graph(), {"questions": [SECRET]})


def private_input(trial: Trial) -> None:
    trial.run(trial.graph(), {"note": SECRET})


def update_shareable(trial: Trial) -> None:
    app, config = trial.paused()
    app.update_state(config, {"questions": [SECRET]}, as_node="release")
    trial.call(app, None, config)


def update_private(trial: Trial) -> None:
    app, config = trial.paused()
    app.update_state(config, {"note": SECRET}, as_node="release")
    trial.call(app, None, config)


def bulk_update_shareable(trial: Trial) -> None:
    app, config = trial.paused()
    steps = [[StateUpdate({"note": "x"}, "ask")], [StateUpdate({"questions": [SECRET]}, "release")]]
    app.bulk_update_state(config, steps)


def bulk_update_private(trial: Trial) -> None:
    app, config = trial.paused()
    app.bulk_update_state(config, [[StateUpdate({"note": "x"}, "ask")], [StateUpdate({"note": SECRET}, "release")]])
    trial.call(app, None, config)
    assert len(trial.seen) == 1


def fork_shareable(trial: Trial) -> None:
    """Time travel: an older checkpoint is changed and run on from."""
    app, config = trial.paused()
    trial.call(app, None, config)
    trial.seen.clear()
    before = next(one for one in app.get_state_history(config) if one.next == ("consult",))
    fork = app.update_state(before.config, {"questions": [SECRET]})
    trial.call(app, None, fork)


def fork_private(trial: Trial) -> None:
    app, config = trial.paused()
    trial.call(app, None, config)
    before = next(one for one in app.get_state_history(config) if one.next == ("consult",))
    fork = app.update_state(before.config, {"note": f"{SECRET} again"})
    assert trial.call(app, None, fork)["note"] == f"{SECRET} again"
    assert len(trial.seen) == 2


def command_input(trial: Trial) -> None:
    app, config = trial.paused()
    trial.call(app, Command(update={"questions": [SECRET]}), config)


def command_private_input(trial: Trial) -> None:
    app, config = trial.paused()
    trial.call(app, Command(update={"note": SECRET}), config)


def command_input_sends(trial: Trial) -> None:
    app, config = trial.paused()
    trial.call(app, Command(goto=Send("consult", {"note": SECRET})), config, interrupt_before=[])


def command_input_goes(trial: Trial) -> None:
    app, config = trial.paused()
    trial.call(app, Command(goto="consult"), config, interrupt_before=[])
    assert trial.seen


# --- Command of a node


def command_shareable(trial: Trial) -> None:
    trial.run(trial.returning(lambda: Command(update={"answers": [SECRET]})))


def command_private(trial: Trial) -> None:
    trial.run(trial.returning(lambda: Command(update={"note": SECRET})))


def _remote_commanding(trial: Trial, update: dict[str, Any]) -> ClinicalGraph:
    graph = trial.graph(remote=lambda state: Command(update=update, goto="merge"), destinations=("merge",))
    graph.add_node("merge", lambda state: {"note": "merged"})
    return graph


def remote_commands_private(trial: Trial) -> None:
    trial.run(_remote_commanding(trial, {"note": "x"}))


def remote_commands_shareable(trial: Trial) -> None:
    assert trial.run(_remote_commanding(trial, {"answers": []}))["note"] == "merged"


def list_of_commands_shareable(trial: Trial) -> None:
    trial.run(trial.returning(lambda: [Command(update={"note": "x"}), {"questions": []}]))


def list_of_commands_private(trial: Trial) -> None:
    assert trial.run(trial.returning(lambda: [Command(update={"note": "x"}), {"drafts": []}]))["note"] == "x"


def remote_to_parent(trial: Trial) -> None:
    def remote(state: State) -> Command[Any]:
        return Command(graph=Command.PARENT, update={"note": "x"})

    trial.run(trial.graph(remote=remote))


def remote_goes(trial: Trial) -> None:
    trial.run(_remote_commanding(trial, {}))


PAIRS: list[Pair] = [
    ("Send of a private channel", raw_send, sealed_send),
    ("Send of a str", text_in_send, sealed_send),
    ("Send of a value without a seal", scalar_in_send, nothing_in_send),
    ("Send in Command.goto", command_sends_state, command_sends_seals),
    ("Send by a remote node", remote_sends_text, remote_sends_nothing),
    ("router at START", start_router_sends_input, start_router_goes),
    ("Runnable as a router", runnable_router_sends_input, runnable_router_maps),
    ("async router", async_router_sends_input, async_router_goes),
    ("graph input into a shareable channel", raw_input, private_input),
    ("update_state into a shareable channel", update_shareable, update_private),
    ("bulk_update_state into a shareable channel", bulk_update_shareable, bulk_update_private),
    ("fork of an older checkpoint", fork_shareable, fork_private),
    ("Command(update) as graph input", command_input, command_private_input),
    ("Command(goto=Send) as graph input", command_input_sends, command_input_goes),
    ("Command(update) of a local node", command_shareable, command_private),
    ("Command(update) of a remote node", remote_commands_private, remote_commands_shareable),
    ("list of commands", list_of_commands_shareable, list_of_commands_private),
    ("Command.PARENT out of a remote node", remote_to_parent, remote_goes),
]


@pairs(PAIRS)
async def test_refused_and_its_nearest_neighbour(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    await check_pair(refused, accepted, is_async)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_sequences_joins_and_entry_points(is_async: bool) -> None:
    trial = Trial(is_async)
    graph = ClinicalGraph(State)
    steps: Any = [("ask", lambda state: {"drafts": [trial.bench.draft()]}), release("drafts", "questions")]
    graph.add_sequence(steps)
    graph.add_node("other", lambda state: {"note": SECRET}, metadata={"who": "x"}, trace_policy=TracePolicy())
    graph.add_node("consult", trial.spy, zone=REMOTE, destinations=())
    graph.add_edge("ask", "other")
    graph.add_edge(["ReleaseNode", "other"], "consult")
    graph.set_entry_point("ask").set_finish_point("consult")
    assert trial.run(graph)["note"] == SECRET
    assert len(trial.seen) == 1
    assert "chest pain" in trial.seen[0]
    assert SECRET not in trial.seen[0]
