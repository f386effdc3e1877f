"""The news of a case since the last report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bedside.agents.reviewer.step import fact_item
from bedside.agents.triager import Assessment
from bedside.records import ClinicalRecord, Fact, Progress

__all__ = ["progress_of"]

URGENCY = "urgency"


def progress_of(state: Mapping[str, Any], texts: Mapping[str, str]) -> tuple[Progress, list[str]]:
    """Return what to report now, and the keys of all that has then been reported.

    Args:
        state: Its channels `record` and `assessment`, and `shown`, the keys of what was told before.
        texts: The documents of the case.
    """
    record: ClinicalRecord = state["record"]
    assessment: Assessment = state["assessment"]
    shown: Collection[str] = set(state.get("shown") or ())
    keys = {_key(fact): fact for fact in record.facts}
    news = [fact for key, fact in keys.items() if key not in shown]
    urgency = f"{URGENCY} {assessment.urgency}"
    reasons = [reason for reason in assessment.reasons if reason.urgency == assessment.urgency]
    progress = Progress(
        urgency=assessment.urgency,
        reasons=() if urgency in shown else tuple(reasons[:1]),
        news=tuple(fact_item(fact, texts[fact.evidence.document]) for fact in news),
    )
    return progress, [*keys, urgency]


def _key(fact: Fact) -> str:
    value = str(fact.quantity.value) if fact.quantity else fact.text_value or ""
    return "|".join((fact.kind, fact.concept or fact.display, fact.assertion, value))
