"""The `score` node."""

from __future__ import annotations

from typing import Any

from bedside.agents.triager.triage import assess

__all__ = ["score_step"]


def score_step(state: dict[str, Any]) -> dict[str, Any]:
    """Propose an urgency by rules alone."""
    return {"assessment": assess(state["record"])}
