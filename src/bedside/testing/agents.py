"""The check `check_agent`: one local node on its own, with the rules of a graph around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from bedside.boundary import PromptRegistry
from bedside.errors import BedsideError
from bedside.flow import START, ClinicalGraph, Services
from bedside.persistence import Document
from bedside.records import CaseId
from bedside.testing._bench import RecordingEndpoint, bench, run
from bedside.testing.network import forbid_network
from bedside.testing.notes import NOTES, SyntheticNote

__all__ = ["AgentReport", "check_agent"]

_NODE = "agent"


@dataclass(frozen=True, slots=True)
class AgentReport:
    """The report on an agent.

    Attributes:
        writes: The agent's output, by channel.
        milliseconds: The duration of the first run.
    """

    writes: Mapping[str, Any] = field(repr=False)
    milliseconds: float


def check_agent(
    node: Any,
    schema: type[Any],
    *,
    state: Mapping[str, Any] | Callable[[Services, CaseId], Mapping[str, Any]] | None = None,
    note: SyntheticNote = NOTES[0],
    services: Services | None = None,
    deterministic: bool = True,
) -> AgentReport:
    """Run a local node on a case of its own.

    Args:
        node: The argument to `add_node`: a function of state and runtime, synchronous or not, or a `Runnable`.
        schema: The state of the graph that it is meant for.
        state: The output of the steps before it, without the case. A function of services and case where that needs
            them, such as questions that a boundary released.
        note: The document of the case.
        services: Yours, with your reader; their `consult` is replaced by a scripted model. By default those of the
            command line.
        deterministic: Whether the same case must give the same result twice.

    Raises:
        AssertionError: It fails, writes a shareable or unknown channel, uses the network, or differs from one run
            to the next. The message names channels and types, no values.
    """
    work = bench(services, RecordingEndpoint.answering(lambda request: ""))
    case = work.cases.open([Document(note.id, note.text)])
    given = {"case": case, **((state(work, case) if callable(state) else state) or {})}
    # A graph of its own, so that the rules of a real one hold: labels, unknown channels, errors.
    graph = ClinicalGraph(schema).add_node(_NODE, node).add_edge(START, _NODE)
    try:
        app = graph.compile(prompts=PromptRegistry.installed())
        started = time.perf_counter()
        with forbid_network():
            first = run(_writes(app, dict(given), work))
        took = time.perf_counter() - started
        if deterministic:
            with forbid_network():
                again = run(_writes(app, dict(given), work))
            _same(first, again)
    except BedsideError as error:
        raise AssertionError(f"the agent fails: {error}") from error
    finally:
        work.cases.delete(case)
    return AgentReport(first, took * 1_000)


async def _writes(app: Any, given: dict[str, Any], services: Services) -> dict[str, Any]:
    writes: dict[str, Any] = {}
    # Past the check of a caller's input: the graph around it would hand it shareable channels as well.
    updates = CompiledStateGraph.astream(app, given, stream_mode="updates", context=services)
    async for update in updates:
        if "__interrupt__" in update:
            raise AssertionError("the agent waits for a person; look at it with check_graph(…, resume=…)")
        writes.update(update.get(_NODE) or {})
    return writes


def _same(first: Mapping[str, Any], again: Mapping[str, Any]) -> None:
    different = sorted(
        name
        for name in first.keys() | again.keys()
        if name not in first or name not in again or first[name] != again[name]
    )
    if different:
        raise AssertionError(
            f"the agent gave another result for the same case in {', '.join(different)}; "
            "if it may, check it with deterministic=False"
        )
