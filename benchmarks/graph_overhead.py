"""What the zone wrapper costs: six trivial nodes in a ClinicalGraph beside the same in a plain StateGraph.

    python benchmarks/graph_overhead.py [ROUNDS]

Both run in turn in one process; the figure is the ratio of the medians.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import Any

from langgraph.graph import START, StateGraph

from bedside.flow import CaseState, ClinicalGraph, Private

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
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
