"""The router behind a review of questions, and the `review_result` node.

A node runs again from its top after an interrupt: nothing here has an effect before the person's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.agents.reviewer.apply import apply_review
from bedside.agents.triager import Assessment
from bedside.errors import InputError
from bedside.flow import CaseState, Private, Send, Services, review_step
from bedside.records import ClinicalRecord, Edit, Fact, FactItem, ResultRequest, ResultReview

__all__ = ["Reviewed", "after_questions", "fact_item", "review_result"]


def after_questions(name: Callable[[str], str]) -> Callable[[dict[str, Any]], list[Send] | str]:
    """Return a router: back to the boundary with what was rewritten, or on with what may leave.

    Args:
        name: Gives the channels and nodes of a consultation their names.
    """

    def route(state: dict[str, Any]) -> list[Send] | str:
        if state.get(name("drafts")):
            return name("release")
        approved = set(state.get(name("approved")) or [])
        questions = state.get(name("questions")) or []
        sends = [Send(name("consult"), {"question": one}) for one in questions if one.id in approved]
        return sends or name("merge")

    return route


class Reviewed(CaseState):
    """The channels that `review_result` writes beside `record` and `assessment`."""

    edits: Private[list[Edit]]
    reviewer: Private[str]


@review_step
def review_result(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Show facts and urgency and wait for a person's word, where a review is requested."""
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
    while True:
        answer: ResultReview = interrupt(request.model_dump(mode="json"), response_schema=ResultReview)
        try:
            record, assessment, edits = apply_review(record, assessment, answer, texts)
            break
        except InputError as error:  # asked again: a slip of a person costs nobody the case
            request = request.model_copy(update={"error": str(error)})
    update: dict[str, Any] = {"record": record, "edits": edits, "reviewer": answer.reviewer}
    return update | ({"assessment": assessment} if assessment else {})


def _warnings(state: dict[str, Any], record: ClinicalRecord, assessment: Assessment | None) -> Iterator[str]:
    """All that the page will warn of."""
    yield from assessment.warnings if assessment else ()
    yield from state.get("warnings") or ()
    yield from (issue.message for issue in record.issues)


def fact_item(fact: Fact, text: str) -> FactItem:
    """A fact as a person is shown it, with its words in the document."""
    quantity = fact.quantity.in_words if fact.quantity else ""
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
