"""What the zones cost: the same nodes in a ClinicalGraph and in a plain StateGraph.

    python benchmarks/graph_overhead.py [ROUNDS]

Once six trivial nodes, where nothing but the wrapper is measured; and once the installed `triage` on the example
note with a model that answers at once, where it stands beside what the nodes do. Both kinds run in turn in one
process; the figure is the ratio of the medians.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime

from bedside.boundary import Boundary, PromptRegistry, SealedText, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import CaseState, ClinicalGraph, Private, Services
from bedside.graphs import triage
from bedside.models import ScriptedChatModel
from bedside.models.profiles import profile_for
from bedside.persistence import Document, MemoryCaseStore

NODES = 6


class State(CaseState, total=False):
    number: Private[int]


def build(kind: Any) -> Any:
    """A chain of nodes that add one."""
    graph = kind(State)
    previous = START
    for number in range(NODES):
        graph.add_node(f"n{number}", lambda state: {"number": state["number"] + 1})
        graph.add_edge(previous, f"n{number}")
        previous = f"n{number}"
    return graph.compile()


def plain_triage() -> Any:
    """The nodes and edges of `triage` in a `StateGraph`, each node as it was given to `add_node`."""
    clinical = triage.build()
    graph: Any = StateGraph(triage.TriageState, context_schema=Services)
    for name, spec in clinical.nodes.items():
        node: Any = spec.runnable
        action = node.action
        remote = name in ("consult", "search")
        graph.add_node(name, _as_remote(action) if remote else action, input_schema=spec.input_schema)
    for start, end in clinical.edges:
        graph.add_edge(start, end)
    for start, branches in clinical.branches.items():
        for branch in branches.values():
            graph.add_conditional_edges(start, branch.path, list((branch.ends or {}).values()))
    return graph.compile()


def _as_remote(action: Any) -> Any:
    """A remote node that is handed the model: in plain LangGraph nobody projects its runtime."""
    prompts = PromptRegistry.installed()

    async def run(state: Any, runtime: Runtime[Services]) -> Any:
        sealed = next(value for value in state.values() if isinstance(value, SealedText))
        remote: Any = runtime.context.for_remote(sealed.case, prompts)
        return await action(state, runtime.override(context=remote))

    return run


class Instant:
    """An endpoint whose model answers at once."""

    origin, inside, answer_tokens = "scripted", False, 1_000
    profile = profile_for("")

    def chat_model(self, *, timeout: float) -> ScriptedChatModel:
        return ScriptedChatModel(default="Sepsis (chest pain; high)")


async def measure_triage(rounds: int) -> None:
    """Print the ratio for the whole workflow."""
    apps = {"plain": plain_triage(), "clinical": triage.build().compile()}
    note = Path(__file__).parents[1].joinpath("examples", "notes", "chest_pain.txt").read_text(encoding="utf-8")
    detectors, vocabulary = [PresidioDetector()], Vocabulary.installed()
    times: dict[str, list[float]] = {name: [] for name in apps}
    for number in range(rounds + 1):
        for name, app in apps.items():
            cases = MemoryCaseStore()
            endpoint: Any = Instant()
            services = Services(
                cases=cases, boundary=Boundary(cases, detectors, vocabulary), remote_endpoint=endpoint
            )
            case = cases.open([Document("note", note)])
            began = time.perf_counter()
            output = await app.ainvoke({"case": case}, context=services)
            if number:  # the first round loads tables
                times[name].append(time.perf_counter() - began)
            assert len(output["result"].advice) == 5
    plain, clinical = (statistics.median(times[name]) * 1000 for name in apps)
    print(f"triage: plain {plain:.1f} ms, clinical {clinical:.1f} ms, ratio {clinical / plain:.2f}")


async def main(rounds: int) -> None:
    plain, clinical = build(StateGraph), build(ClinicalGraph)
    start = {"case": "case-0", "number": 0}
    times: dict[str, list[float]] = {"plain sync": [], "sync": [], "plain async": [], "async": []}
    for _ in range(rounds):
        for name, app in (("plain ", plain), ("", clinical)):
            began = time.perf_counter()
            app.invoke(start)
            times[f"{name}sync"].append(time.perf_counter() - began)
            began = time.perf_counter()
            await app.ainvoke(start)
            times[f"{name}async"].append(time.perf_counter() - began)
    for how in ("sync", "async"):
        one, other = (statistics.median(times[name]) * 1000 for name in (f"plain {how}", how))
        print(f"{how}: plain {one:.2f} ms, clinical {other:.2f} ms, ratio {other / one:.2f}")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    asyncio.run(main(count))
    asyncio.run(measure_triage(max(count // 10, 3)))
