"""The `check_medicines` node."""

from __future__ import annotations

from typing import Any

from bedside.agents.pharmacist.review import review_medicines
from bedside.records import ClinicalRecord

__all__ = ["check_medicines_step"]


def check_medicines_step(state: dict[str, Any]) -> dict[str, Any]:
    """Add doubts about the medicines to the record's issues."""
    record: ClinicalRecord = state["record"]
    issues, unchecked = review_medicines(record)
    return {
        "record": record.model_copy(update={"issues": (*record.issues, *issues)}),
        "not_done": [f"medicines: {one}" for one in unchecked],
    }
