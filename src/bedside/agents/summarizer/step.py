"""The `summarize` node."""

from __future__ import annotations

from typing import Any

from bedside.agents.summarizer.summarize import summarize

__all__ = ["summarize_step"]


def summarize_step(state: dict[str, Any]) -> dict[str, Any]:
    """Compose the page of the record."""
    return {"summary": summarize(state["record"])}
