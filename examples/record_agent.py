"""Tools inside a local agent: LangChain's `create_agent` around the local model, with tools that read the record.

bedside run examples/record_agent.py:build examples/notes/follow_up.txt \
    --input question="Is the kidney function known?" --model scripted:examples/record_agent.answers.json \
    --reader builtin

Model and tools are local: nothing leaves. Needs `pip install langchain`. The note is synthetic.
"""

from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import tool

import bedside
from bedside import Private
from bedside.errors import InputError
from bedside.nodes import NoteState, ground_step, read_step, result_step
from bedside.records import ClinicalRecord, FactKind


class Input(bedside.CaseState):
    question: Private[str]


class Asked(NoteState):
    question: Private[str]
    answer: Private[str]
    looked_up: Private[list[str]]


def tools_of(record: ClinicalRecord) -> list[Any]:
    """Tools over one record. They name facts and values as the note states them, and nothing else."""

    @tool
    def values(name: str) -> str:
        """Return the measured values whose name contains these words, with their units."""
        measured = [one for one in record.of_kind(FactKind.LAB, FactKind.VITAL) if one.quantity]
        found = [
            f"{one.display} {one.quantity.in_words}" for one in measured if one.quantity and name in one.display
        ]
        return "; ".join(found) or "not stated"

    @tool
    def problems() -> str:
        """Return the problems of the record, each with its assertion."""
        return "; ".join(f"{one.display} ({one.assertion})" for one in record.of_kind(FactKind.PROBLEM))

    return [values, problems]


async def ask(state: Asked, runtime: bedside.Runtime) -> dict[str, Any]:
    """Let the agent look things up until it answers."""
    if runtime.context.model is None:
        raise InputError("this graph needs a local model: --model gguf:FILE.gguf")
    agent = create_agent(runtime.context.model, tools_of(state["record"]))
    output = await agent.ainvoke({"messages": [{"role": "user", "content": state["question"]}]})
    calls = [
        f"{call['name']} {call['args']}" for one in output["messages"] for call in getattr(one, "tool_calls", [])
    ]
    return {"answer": output["messages"][-1].text, "looked_up": calls}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Asked, input_schema=Input)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("ask", ask), ("result", result_step)])
    return graph.add_edge(bedside.START, "read")
