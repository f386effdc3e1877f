"""Follow-up tracker: what a note plans, one branch of the graph for each (`Send`), and the day when it is due.

bedside run examples/follow_up_tracker.py:build examples/notes/follow_up.txt --input seen=2026-03-02

The note is synthetic.
"""

import re
from datetime import date, timedelta
from operator import add
from typing import Annotated, Any

from langgraph.types import Send
from pydantic import BaseModel

import bedside
from bedside import Private
from bedside.nodes import NoteState, ground_step, read_step, result_step

PLANNED = re.compile(r"(?i)\b(?:repeat|recheck|review|refer|arrange|book)\b[^.;\n]*?\bin (\d+) (day|week|month)s?")
DAYS = {"day": 1, "week": 7, "month": 30}


class Task(BaseModel):
    words: str  # the note's own
    due: date


class Input(bedside.CaseState):
    seen: Private[date]


class Tracker(NoteState):
    seen: Private[date]
    tasks: Annotated[Private[list[Task]], add]
    next_due: Private[str]


class One(Input):
    words: Private[str]


def branches(state: Tracker, runtime: bedside.Runtime) -> list[Send] | str:
    note = "\n".join(runtime.context.cases.documents(state["case"]).values())
    plans = [found.group() for found in PLANNED.finditer(note)]
    return [
        Send("date_it", {"case": state["case"], "seen": state["seen"], "words": one}) for one in plans
    ] or "sort"


def date_it(state: One) -> dict[str, Any]:
    """The day of one plan, counted from the visit."""
    count, unit = PLANNED.findall(state["words"])[0]
    due = state["seen"] + timedelta(days=int(count) * DAYS[unit.lower()])
    return {"tasks": [Task(words=state["words"], due=due)]}


def sort(state: Tracker) -> dict[str, Any]:
    first = min(state["tasks"], key=lambda task: task.due, default=None)
    return {"next_due": f"{first.due}: {first.words}" if first else "nothing is planned with a day"}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Tracker, input_schema=Input)
    graph.add_sequence([("read", read_step), ("ground", ground_step)])
    graph.add_node("date_it", date_it, input_schema=One)
    graph.add_sequence([("sort", sort), ("result", result_step)])
    graph.add_conditional_edges("ground", branches, ["date_it", "sort"])
    return graph.add_edge(bedside.START, "read").add_edge("date_it", "sort")
