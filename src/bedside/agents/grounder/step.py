"""The `ground` node."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.grounder.ground import ground
from bedside.flow import Services

__all__ = ["ground_step"]


def ground_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Turn the model's claims into facts, or keep them apart."""
    texts = dict(runtime.context.cases.documents(state["case"]))
    return {"record": ground(state["record"], state.get("claims") or [], texts)}
