"""Run by test_deletion in a process of its own: runs a case again and again until an error ends it, and prints
that.

python running.py STORE KEY_FILE CASE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bedside.boundary import Identifier
from bedside.errors import BedsideError, PersistenceError
from bedside.persistence import KeyFile, is_postgres
from bedside.persistence.stores import openers
from bedside.records import CaseId


class State(TypedDict, total=False):
    count: int


def main(store: str, key_file: Path, case: CaseId) -> None:
    open_cases, open_saver = openers(store if is_postgres(store) else Path(store))
    with open_cases(KeyFile(key_file)) as cases, open_saver(KeyFile(key_file)) as saver:

        def step(state: State) -> State:
            try:
                cases.vault(case).placeholder(Identifier.PERSON, f"Name {state['count']}")
            except PersistenceError as error:  # of two that change one vault the second is refused
                if "changed by another process" not in str(error):
                    raise
            return {"count": state["count"] + 1}

        built: Any = StateGraph(State)
        built.add_node("step", step)
        built.add_edge(START, "step")
        app = built.compile(saver)
        print("runs", flush=True)
        while True:
            app.invoke({"count": 0}, {"configurable": {"thread_id": case}}, durability="sync")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), CaseId(sys.argv[3]))
    except BedsideError as error:
        print(f"{type(error).__name__}: {error}")
