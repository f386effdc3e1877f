"""An urgency that a later statement can raise and never lower."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.second_ear import with_ear
from bedside.flow import Services
from bedside.records import ClinicalRecord

__all__ = ["not_lower", "rising_score_step"]

INTERVIEW = "previsit answer"
"""The name of the documents that an interview writes."""
STANDS = "An earlier statement gave a more urgent case than what is told now; its urgency stands."


def rising_score_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """The `score` node of a case that grows: rules and the second ear, and never below what they found before."""
    services, record = runtime.context, state["record"]
    # An answer of an interview holds the question too, and its words are not the patient's.
    texts = {
        name: text
        for name, text in services.cases.documents(state["case"]).items()
        if not name.startswith(INTERVIEW)
    }
    return {
        "assessment": not_lower(
            state.get("assessment"), with_ear(assess(record), record, texts, services.ear), record
        )
    }


def not_lower(before: Assessment | None, now: Assessment, record: ClinicalRecord) -> Assessment:
    """An assessment of the grown record that is at least as urgent as the one before.

    Denials do not take facts out of a record, so this is rare: an age that is told late, a doubt that is settled.

    Args:
        before: What the rules found before the last statement.
        now: What they find with it.
        record: Of which `now` is; reasons rest on its facts only.
    """
    if before is None or before.urgency is None or (now.urgency is not None and now.urgency <= before.urgency):
        return now
    known = {fact.id for fact in record.facts}
    kept = tuple(
        reason.model_copy(update={"facts": tuple(fact for fact in reason.facts if fact in known)})
        for reason in before.reasons
        if now.urgency is None or reason.urgency < now.urgency
    )
    warnings = now.warnings if STANDS in now.warnings else (STANDS, *now.warnings)
    return now.model_copy(
        update={"urgency": before.urgency, "reasons": (*kept, *now.reasons), "warnings": warnings}
    )
