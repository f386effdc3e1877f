"""A person's changes, put into record and assessment."""

from __future__ import annotations

from collections.abc import Mapping

from bedside.agents.grounder.ground import DOMAINS
from bedside.agents.triager import Assessment, assess
from bedside.errors import InputError
from bedside.records import (
    ClinicalRecord,
    Edit,
    Fact,
    FactEdit,
    FactKind,
    Medication,
    NewFact,
    Reason,
    ResultReview,
    Source,
)
from bedside.tools.terminology import find_concepts

__all__ = ["apply_review"]


def apply_review(
    record: ClinicalRecord,
    assessment: Assessment | None,
    review: ResultReview,
    texts: Mapping[str, str] | None = None,
) -> tuple[ClinicalRecord, Assessment | None, list[Edit]]:
    """Apply a review.

    A rejected fact leaves the record. A corrected one keeps its characters; a new name has no concept and no code,
    since no table gave it. An added one has the code of its name, if a table has it; the rules look at the record
    again and may raise the urgency. A person may lower the urgency, and must say why.

    Args:
        record: What was read.
        assessment: Its urgency, or `None` where the graph does not triage.
        review: The word of a person.
        texts: The documents of the case, in which added facts have their characters.

    Raises:
        InputError: The review names an unknown fact, adds one whose characters are in no document, or changes the
            urgency without a reason.
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
    if review.add:
        added = [_added(number, one, texts or {}) for number, one in enumerate(review.add, start=1)]
        facts += added
        edits += [Edit(target=fact.id, what="added", reviewer=review.reviewer) for fact in added]
        order = {document: place for place, document in enumerate(texts or {})}
        facts.sort(key=lambda fact: (order.get(fact.evidence.document, 0), fact.evidence.start))
        if assessment is not None:
            assessment = _raised(assessment, assess(record.model_copy(update={"facts": tuple(facts)})))
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


def _added(number: int, new: NewFact, texts: Mapping[str, str]) -> Fact:
    place = new.evidence
    if place.end > len(texts.get(place.document, "")):
        raise InputError(f"fact {number} that was added points at characters that its document does not have")
    words = " ".join(texts[place.document][place.start : place.end].split())
    kind, name = FactKind(new.kind), new.display.strip() or words
    known = next(
        (
            found.concept
            for found in find_concepts(name)
            if found.concept.domain in DOMAINS[kind] and (found.start, found.end) == (0, len(name))
        ),
        None,
    )
    return Fact(
        id=f"added-{number}",
        kind=kind,
        display=known.display if known else name.lower(),
        evidence=place,
        assertion=new.assertion,
        source=Source.PERSON,
        concept=known.key if known else None,
        code=known.code if known else None,
        medication=Medication() if kind is FactKind.MEDICATION else None,
    )


def _raised(assessment: Assessment, again: Assessment) -> Assessment:
    """The assessment, or the more urgent of the two with the reasons that the added facts brought."""
    if again.urgency is None or (assessment.urgency is not None and again.urgency >= assessment.urgency):
        return assessment
    known = {reason.code for reason in assessment.reasons}
    new = tuple(reason for reason in again.reasons if reason.code not in known)
    return assessment.model_copy(
        update={"urgency": again.urgency, "understood": True, "reasons": (*new, *assessment.reasons)}
    )


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
