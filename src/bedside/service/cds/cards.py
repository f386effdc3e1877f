"""Cards from the result of a triage: each statement with the words of the record that it rests on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from bedside.records import CaseResult, Reason
from bedside.service.cds.models import Action, Card, Link, Source, Suggestion

__all__ = ["cards_of", "still_reading", "worth_a_card"]

LABEL = "Bedside: a draft for a clinician, not a medical device"
MOST_REASONS = 6
URGENT = 3
"""The lowest urgency that interrupts a clinician: what is standard or routine makes no card."""

_INDICATORS: Mapping[int, Literal["warning", "critical"]] = {1: "critical", 2: "critical", 3: "warning"}
_NAMES = {1: "Immediate", 2: "Emergency", 3: "Urgent"}


def worth_a_card(result: CaseResult) -> bool:
    """True if a result says something that a clinician should not overlook."""
    return bool(_urgent(result) or result.record.issues)


def still_reading(desk: str) -> Card:
    """Return the card of a record that was not read in time, so that no card is not taken for no finding."""
    return Card(
        uuid=str(uuid.uuid4()),
        summary="This record is still being read: nothing is known of it yet",
        indicator="info",
        source=Source(label=LABEL),
        links=[Link(label="See it at the review desk", url=desk)],
    )


def cards_of(result: CaseResult, text: str, patient: str, desk: str, old: int) -> list[Card]:
    """Return the cards of a result.

    Args:
        result: What the rules made of the record.
        text: The record as prose, of which evidence is cited.
        patient: The patient's id in the record.
        desk: The URL of the case at the desk.
        old: Vital signs that were too old to count.
    """
    link = [Link(label="Open it at the review desk", url=desk)]
    cards = []
    if reasons := _urgent(result):
        first = reasons[0]
        lines = [f"- {one.message}{_cited(one, result, text)}" for one in reasons[:MOST_REASONS]]
        suggestions = _suggestions(result, patient)
        cards.append(
            Card(
                uuid=str(uuid.uuid4()),
                summary=_short(f"{_NAMES[first.urgency]}: {first.message}"),
                indicator=_INDICATORS[first.urgency],
                source=Source(label=LABEL),
                detail="\n".join([*lines, "", *_score(result, old)]),
                suggestions=suggestions or None,
                selectionBehavior="any" if suggestions else None,
                links=link,
            )
        )
    cards += [
        Card(
            uuid=str(uuid.uuid4()),
            summary=_short(issue.message),
            indicator="warning",
            source=Source(label=LABEL),
            detail=f"- {issue.message}",
            links=link,
        )
        for issue in result.record.issues[:3]
    ]
    return cards


def _urgent(result: CaseResult) -> list[Reason]:
    return [one for one in result.reasons if one.urgency <= URGENT and one.code not in ("default", "ear")]


def _cited(reason: Reason, result: CaseResult, text: str) -> str:
    by_id = {fact.id: fact for fact in result.record.facts}
    words = [by_id[one].evidence for one in reason.facts if one in by_id]
    quoted = dict.fromkeys(" ".join(text[one.start : one.end].split()) for one in words)
    return f" ({', '.join(f'“{one}”' for one in quoted)}; {reason.source})" if quoted else f" ({reason.source})"


def _score(result: CaseResult, old: int) -> list[str]:
    aside = f" {old} older vital signs in the record were not used." if old else ""
    total = getattr(result.news2, "total", None)
    if result.news2 is None:
        return [f"NEWS2 was not scored.{aside}"]
    if total is not None:
        return [f"NEWS2 {total}, of vital signs of the last 24 hours.{aside}"]
    return [f"NEWS2 is incomplete: {_missing(result)} not stated in the last 24 hours.{aside}"]


def _missing(result: CaseResult) -> str:
    return ", ".join(str(one).replace("_", " ") for one in getattr(result.news2, "missing", ()))


def _suggestions(result: CaseResult, patient: str) -> list[Suggestion]:
    """Propose to measure what the score lacks. A proposal, and a draft: whoever accepts it orders it."""
    if result.news2 is None or not (missing := _missing(result)):
        return []
    request: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": {"text": f"Measure {missing}"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    action = Action(type="create", description=f"Draft a proposal to measure {missing}", resource=request)
    return [Suggestion(label=_short(f"Measure {missing}"), uuid=str(uuid.uuid4()), actions=[action])]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 140 else line[:138] + "…"
