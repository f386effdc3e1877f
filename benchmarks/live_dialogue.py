"""Dialogues of visits against the notes that clinicians wrote of them, and the time that a turn costs.

    python benchmarks/live_dialogue.py DATA [--worst]

DATA is a file of ACI-BENCH (`valid_full.json`, CC BY 4.0). Of problems and medications that are present or possible
it prints which share of the note's the dialogue gave too (recall), which share of the dialogue's the note supports
(precision), and both urgencies; then, for the longest dialogue, what a turn costs when only it is read, when the
whole dialogue is read anew, and in the graph `live`. The note is read by the same reader: this measures what a
dialogue gives, not truth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter
from pathlib import Path

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import joined, read_dialogue, read_turn
from bedside.agents.reader.dialogue.turns import split_turns
from bedside.agents.triager import assess
from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import Command, Services
from bedside.graphs.live import build
from bedside.persistence import MemoryCaseStore, serializer
from bedside.records import Assertion, ClinicalRecord, FactKind

SAID = (Assertion.PRESENT, Assertion.POSSIBLE)
KINDS = (FactKind.PROBLEM, FactKind.MEDICATION)


def named(record: ClinicalRecord, *assertions: Assertion) -> set[tuple[str, str]]:
    """The problems and medications of a record, by concept or, without one, by name."""
    return {
        (fact.kind.value, fact.concept or fact.display)
        for fact in record.of_kind(*KINDS)
        if fact.assertion in assertions
    }


def compare(rows: list[dict[str, str]], *, worst: bool) -> None:
    """Print the figures of each visit and of all."""
    shared = of_note = of_dialogue = same = higher = 0
    missed: Counter[tuple[str, str]] = Counter()
    added: Counter[tuple[str, str]] = Counter()
    print(f"{'visit':10} {'recall':>12} {'precision':>12}  urgency: dialogue, note")
    for row in rows:
        heard, written = read_dialogue("dialogue", row["src"]), read_note("note", row["tgt"])
        spoken, noted = named(heard, *SAID), named(written, *SAID)
        # A note that calls it past or planned supports it as well.
        supported = spoken & named(written, *SAID, Assertion.HISTORICAL, Assertion.HYPOTHETICAL)
        both = spoken & noted
        missed.update(noted - spoken)
        added.update(spoken - supported)
        shared, of_note, of_dialogue = shared + len(both), of_note + len(noted), of_dialogue + len(spoken)
        same += len(supported)
        urgencies = assess(heard).urgency, assess(written).urgency
        higher += (urgencies[0] or 5) <= (urgencies[1] or 5)
        recall, precision = f"{len(both)}/{len(noted)}", f"{len(supported)}/{len(spoken)}"
        print(f"{row['file']:10} {recall:>12} {precision:>12}  {urgencies[0]}, {urgencies[1]}")
    print(f"recall {shared}/{of_note} = {shared / of_note:.0%}")
    print(f"precision {same}/{of_dialogue} = {same / of_dialogue:.0%}")
    print(f"urgency from the dialogue at least that from the note: {higher} of {len(rows)}")
    if worst:
        print("missed:", ", ".join(f"{name} {count}" for (_, name), count in missed.most_common(40)))
        print("added:", ", ".join(f"{name} {count}" for (_, name), count in added.most_common(60)))


def times(text: str) -> None:
    """Print what a turn costs in a dialogue, read alone and with all before it."""
    turns = split_turns(text)
    alone, anew = [], []
    record = ClinicalRecord()
    for at, turn in enumerate(turns):
        started = time.perf_counter()
        record = joined(record, read_turn("dialogue", text, turns, at))
        assess(record)
        alone.append(time.perf_counter() - started)
        started = time.perf_counter()
        assess(read_dialogue("dialogue", text[: turn.end]))
        anew.append(time.perf_counter() - started)
    print(f"longest dialogue: {len(turns)} turns, {len(text):,} characters")
    for name, seconds in (
        ("the turn alone", alone),
        ("all anew", anew),
        ("in the graph", asyncio.run(in_graph(text))),
    ):
        print(f"{name}: median {1000 * statistics.median(seconds):.1f} ms, longest {1000 * max(seconds):.1f} ms")
    print(f"ratio of the sums: {sum(anew) / sum(alone):.0f}")


async def in_graph(text: str) -> list[float]:
    """What each line costs from its arrival to the next request, checkpoints in memory and all."""
    cases = MemoryCaseStore()
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
    app = build().compile(InMemorySaver(serde=serializer()))
    case = cases.open([])
    config: RunnableConfig = {"configurable": {"thread_id": case}}
    services = Services(cases=cases, boundary=boundary)
    await app.ainvoke({"case": case}, config, context=services)
    seconds = []
    for line in text.splitlines():
        started = time.perf_counter()
        await app.ainvoke(Command(resume={"line": line}), config, context=services)
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--worst", action="store_true", help="name what was missed and what was added")
    chosen = parser.parse_args()
    visits = json.loads(chosen.data.read_text(encoding="utf-8"))["data"]
    compare(visits, worst=chosen.worst)
    times(max((row["src"] for row in visits), key=len))
