"""The `ask` node."""

from __future__ import annotations

from typing import Any

from bedside.agents.planner.plan import plan

__all__ = ["ask_step"]


def ask_step(state: dict[str, Any]) -> dict[str, Any]:
    """Compose the questions of the case."""
    drafts = plan(state["record"])
    reason = "no question was asked: the record holds nothing that a code table knows"
    return {"drafts": drafts, "not_done": [] if drafts else [reason]}
