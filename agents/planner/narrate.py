"""The `compose` node of a second opinion: the note itself, as narrative."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.boundary import Draft, Narrative
from bedside.flow import Services

__all__ = ["MOST_CHARACTERS", "narrate_step"]

MOST_CHARACTERS = 3_600
"""How much of a note is shown: with placeholders it must stay below what the boundary releases."""


def narrate_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Draft the note as free text: it goes through every detector, is shown to a person, and waits for a yes."""
    text = "\n\n".join(runtime.context.cases.documents(state["case"]).values()).strip()
    shown = text[:MOST_CHARACTERS]
    if len(text) > MOST_CHARACTERS:
        shown = shown.rsplit("\n", 1)[0].strip() or shown
    missing = len(text) - len(shown)
    return {
        "drafts": [Draft(template="consult/second_opinion", slots=(Narrative(text=shown),))],
        "not_done": [f"the last {missing} characters of the note were not put to the question"] if missing else [],
    }
