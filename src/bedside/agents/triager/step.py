"""The `score` node."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.triager.assessment import Assessment
from bedside.agents.triager.second_ear import with_ear
from bedside.agents.triager.triage import assess
from bedside.flow import CaseState, Private, Services

__all__ = ["Triaged", "score_step"]


class Triaged(CaseState):
    """The channel that `score_step` writes."""

    assessment: Private[Assessment]


def score_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Propose an urgency by rules; the second ear, where it is on, may raise it."""
    services, record = runtime.context, state["record"]
    return {"assessment": with_ear(assess(record), record, services.cases.documents(state["case"]), services.ear)}
