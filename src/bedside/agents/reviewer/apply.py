"""What a person changed, put into record and assessment."""

from __future__ import annotations

from bedside.agents.triager import Assessment
from bedside.errors import InputError
from bedside.records import ClinicalRecord, Edit, Fact, FactEdit, Reason, ResultReview

__all__ = ["apply_review"]


def apply_review(
    record: ClinicalRecord, assessment: Assessment | None, review: ResultReview
) -> tuple[ClinicalRecord, Assessment | None, list[Edit]]:
    """Apply a review.

    A rejected fact leaves the record. A corrected one keeps its characters; a new name has no concept and no code,
    since no table gave it. A person may lower the urgency, and must say why.

    Raises:
        InputError: The review names an unknown fact, or changes the urgency without a reason.
    """
    known = {fact.id for fact in record.facts}
    if unknown := (set(review.reject) | set(review.edit)) - known:
        raise InputError(f"the review names {len(unknown)} facts that the record does not have")
    edits = [Edit(target=fact, what="rejected", reviewer=review.reviewer) for fact in review.reject]
    facts = []
    for fact in record.facts:
        if fact.id in review.reject:
            continue
        if change := review.edit.get(fact.id):
            edits.append(Edit(target=fact.id, what="corrected", reviewer=review.reviewer))
            fact = _corrected(fact, change)
        facts.append(fact)
    if assessment is not None and review.urgency is not None and review.urgency != assessment.urgency:
        assessment, edit = _with_urgency(assessment, review)
        edits.append(edit)
    return record.model_copy(update={"facts": tuple(facts)}), assessment, edits


def _corrected(fact: Fact, change: FactEdit) -> Fact:
    update: dict[str, object] = {}
    if change.assertion is not None:
        update["assertion"] = change.assertion
    if change.display is not None:
        update |= {"display": change.display, "concept": None, "code": None}
    return fact.model_copy(update=update)


def _with_urgency(assessment: Assessment, review: ResultReview) -> tuple[Assessment, Edit]:
    if not review.reason.strip() or review.urgency is None:
        raise InputError("another urgency needs a reason")
    reason = Reason(
        code="reviewed", message=review.reason.strip(), urgency=review.urgency, source=f"reviewer {review.reviewer}"
    )
    edit = Edit(
        target="urgency",
        what=f"changed from {assessment.urgency} to {review.urgency}",
        reviewer=review.reviewer,
        reason=review.reason.strip(),
    )
    changed = assessment.model_copy(
        update={"urgency": review.urgency, "understood": True, "reasons": (reason, *assessment.reasons)}
    )
    return changed, edit
