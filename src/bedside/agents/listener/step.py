"""The `hear` and `listen` nodes: a dialogue grows line by line, and only what is new of it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.agents.listener.news import progress_of
from bedside.agents.reader.dialogue import joined, read_turn
from bedside.agents.reader.dialogue.turns import split_turns
from bedside.flow import Services
from bedside.persistence import Document
from bedside.records import ClinicalRecord, HeardLine, LineRequest

__all__ = ["hear_step", "listen_step"]

DIALOGUE = "dialogue"
"""The id of the document in which a dialogue is kept."""


def listen_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Read the turns that came in since the last time; of the others nothing but the last question is looked at."""
    document, text = _dialogue(runtime.context.cases.documents(state["case"]))
    record: ClinicalRecord = state.get("record") or ClinicalRecord(documents=(document,))
    turns = split_turns(text)
    for at, turn in enumerate(turns):
        # A line without a mark makes the last turn longer: that one is read again as a whole.
        if turn.end > state.get("heard", 0):
            record = joined(record, read_turn(document, text, turns, at))
    return {"record": record, "heard": len(text)}


def hear_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Tell what is new, wait for the next line and keep it.

    A node runs again from its top after an interrupt, and may after a crash: what is kept is counted from what had
    been read, so a line is kept once.
    """
    cases = runtime.context.cases
    texts = cases.documents(state["case"])
    document, text = _dialogue(texts)
    progress, shown = progress_of(state, texts)
    request = LineRequest(progress=progress)
    answer: HeardLine = interrupt(request.model_dump(mode="json"), response_schema=HeardLine)
    if answer.line is None:
        return {"ended": True, "shown": shown}
    known, line = text[: state["heard"]], " ".join(answer.line.split())
    gap = "" if known.endswith("\n") or not known else "\n"
    cases.append(state["case"], Document(document, f"{known}{gap}{line}\n"))
    return {"shown": shown}


def _dialogue(texts: Mapping[str, str]) -> tuple[str, str]:
    """The document that grows: the one with which the case was opened, if there is one."""
    return next(iter(texts.items()), (DIALOGUE, ""))
