"""The `review_questions` and `review_result` nodes.

A node runs again from its top after an interrupt: nothing here has an effect before the person's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.agents.reviewer.apply import apply_review
from bedside.agents.triager import Assessment
from bedside.boundary import Draft, Narrative, SealedText, Stayed, Withheld
from bedside.flow import Send, Services
from bedside.records import (
    ClinicalRecord,
    Fact,
    FactItem,
    QuestionItem,
    QuestionsRequest,
    QuestionsReview,
    ResultRequest,
    ResultReview,
)

__all__ = ["after_questions", "fact_item", "review_questions", "review_result"]


def review_questions(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Show each question beside its original and wait for a person's word, where a review is asked for.

    A rewritten question is narrative: it goes through the boundary and comes back here.
    """
    questions: list[SealedText] = state.get("questions") or []
    asked_for = runtime.context.review or any(_is_narrative(one, state, runtime) for one in questions)
    if not questions or not asked_for:
        return {"approved": [one.id for one in questions], "drafts": []}
    vault = runtime.context.cases.vault(state["case"])
    request = QuestionsRequest(
        destination=questions[0].destination,
        items=tuple(_item(one, vault.original(one.id), vault.swaps(one.id)) for one in questions),
    )
    answer: QuestionsReview = interrupt(request.model_dump(mode="json"), response_schema=QuestionsReview)
    drafts = [
        _rewritten(one, answer.rewrite[one.id], vault.original(one.id))
        for one in questions
        if one.id in answer.rewrite
    ]
    if drafts:  # those that were fine are released again beside them, so that all are shown once more
        kept = [vault.original(one.id) for one in questions if one.id in answer.send]
        drafts += [draft for draft in kept if draft is not None]
    known = {one.id for one in questions}
    return {
        "approved": [handle for handle in answer.send if handle in known],
        "drafts": drafts,
        "approver": answer.reviewer,
        "not_done": [
            f"{one.template}: the reviewer kept it back"
            for one in questions
            if one.id not in answer.send and one.id not in answer.rewrite
        ],
    }


def after_questions(release: str, consult: str, otherwise: str) -> Callable[[dict[str, Any]], list[Send] | str]:
    """A router: back to the boundary with what was rewritten, or on with what may leave."""

    def route(state: dict[str, Any]) -> list[Send] | str:
        if state.get("drafts"):
            return release
        approved = set(state.get("approved") or [])
        sends = [Send(consult, {"question": one}) for one in state.get("questions") or [] if one.id in approved]
        return sends or otherwise

    return route


def review_result(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Show facts and urgency and wait for a person's word, where a review is asked for."""
    if not runtime.context.review:
        return {}
    record: ClinicalRecord = state["record"]
    assessment: Assessment | None = state.get("assessment")
    texts = runtime.context.cases.documents(state["case"])
    request = ResultRequest(
        urgency=assessment.urgency if assessment else None,
        reasons=assessment.reasons if assessment else (),
        warnings=tuple(dict.fromkeys(_warnings(state, record, assessment))),
        facts=tuple(fact_item(fact, texts[fact.evidence.document]) for fact in record.facts),
        advice=tuple(state.get("advice") or ()),
    )
    answer: ResultReview = interrupt(request.model_dump(mode="json"), response_schema=ResultReview)
    record, assessment, edits = apply_review(record, assessment, answer)
    update: dict[str, Any] = {"record": record, "edits": edits, "reviewer": answer.reviewer}
    return update | ({"assessment": assessment} if assessment else {})


def _warnings(state: dict[str, Any], record: ClinicalRecord, assessment: Assessment | None) -> Iterator[str]:
    """All that the page will warn of."""
    yield from assessment.warnings if assessment else ()
    yield from state.get("warnings") or ()
    yield from (issue.message for issue in record.issues)


def _is_narrative(question: SealedText, state: dict[str, Any], runtime: Runtime[Services]) -> bool:
    draft = runtime.context.cases.vault(state["case"]).original(question.id)
    return draft is not None and draft.is_narrative


def _rewritten(question: SealedText, text: str, before: Draft | None) -> Draft:
    """The person's text; of the facts behind the question it shows those that it still names."""
    citable, withheld = (before.citable, before.withheld) if before else ((), ())
    folded = text.casefold()
    named = tuple(pair for pair in citable if pair[0].casefold() in folded)
    left_out = tuple(
        Withheld(fact=fact, why=Stayed.NOT_NEEDED) for name, fact in citable if (name, fact) not in named
    )
    slots = (Narrative(text=text, citable=named),)
    return Draft(
        template=question.template, slots=slots, withheld=(*withheld, *(one for one in left_out if one.fact))
    )


def _item(question: SealedText, draft: Draft | None, swaps: dict[str, str]) -> QuestionItem:
    return QuestionItem(
        id=question.id,
        template=question.template,
        released=question.text,
        original=draft.render() if draft else question.text,
        swaps=tuple(swaps.items()),
        narrative=draft.is_narrative if draft else False,
    )


def fact_item(fact: Fact, text: str) -> FactItem:
    """A fact as a person is shown it, with its words in the document."""
    quantity = f"{fact.quantity.value} {fact.quantity.unit or ''}".strip() if fact.quantity else ""
    use = fact.medication
    parts = [part for part in (use.dose, use.route, use.frequency) if part] if use else []
    return FactItem(
        id=fact.id,
        kind=fact.kind.value,
        display=fact.display,
        assertion=fact.assertion,
        quote=text[fact.evidence.start : fact.evidence.end],
        detail=" ".join([quantity or fact.text_value or "", *parts]).strip(),
    )
