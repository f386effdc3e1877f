"""The local nodes around a search: compose queries, show them to a person, lay out what was found."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.agents.planner.step import without_names
from bedside.agents.searcher.queries import queries
from bedside.boundary import Egress, Outcome, RemoteText, SealedText, SealKey
from bedside.errors import SealError
from bedside.flow import Services
from bedside.models import hits_in
from bedside.records import QuestionItem, QuestionsRequest, QuestionsReview, Searched

__all__ = ["compose_queries", "lay_sources", "review_queries"]

_REWRITTEN = "the reviewer rewrote it, and free text does not go to a search engine; it was not sent"
_WHY = {
    Outcome.EMPTY: "no page of an allowed source was found",
    Outcome.UNREACHABLE: "search could not be reached; the case went on",
    Outcome.TIMED_OUT: "search did not answer in time; the case went on",
    Outcome.REJECTED: "the search engine turned the query away; the case went on",
    Outcome.NONSENSE: "the search engine's answer could not be understood; the case went on",
    Outcome.INTERRUPTED: "it had left when the process ended, and no hits were kept; it was not sent a second time",
    Outcome.GUARDED: "the query held a value that identifies somebody, so it was not sent",
    Outcome.NOT_SEALED: "its seal did not verify, so it was not sent",
}


def compose_queries(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Compose the queries of the case."""
    record = without_names(state["record"], state["case"], runtime.context.boundary)
    return {"searches": queries(record, state.get("assessment"))}


def review_queries(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Show the queries and wait for a person's word, where a review is asked for and something could leave.

    A query cannot be rewritten: free text does not go to a search engine.
    """
    released: list[SealedText] = state.get("queries") or []
    if not released or not runtime.context.review or runtime.context.search is None:
        return {"approved_queries": [one.id for one in released]}
    request = QuestionsRequest(
        destination=runtime.context.search_destination,
        items=tuple(
            QuestionItem(id=one.id, template=one.template, released=one.text, original=one.text) for one in released
        ),
    )
    answer: QuestionsReview = interrupt(request.model_dump(mode="json"), response_schema=QuestionsReview)
    return {
        "approved_queries": [one.id for one in released if one.id in answer.send],
        "approver": answer.reviewer,
        "not_done": [
            f"{one.template}: {_REWRITTEN if one.id in answer.rewrite else 'the reviewer kept it back'}"
            for one in released
            if one.id not in answer.send
        ],
    }


def lay_sources(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Lay each query beside its hits, and say what was not done."""
    services, case = runtime.context, state["case"]
    key = services.cases.vault(case).key
    gate = {egress.question: egress for egress in services.cases.egress(case)}
    found: dict[str, RemoteText] = {one.question: one for one in state.get("found") or []}
    approved = set(state.get("approved_queries") or [])
    searched = [
        _searched(query, gate.get(query.id), found.get(query.id), key)
        for query in state.get("queries") or []
        if query.id in approved
    ]
    not_done = [str(refusal) for refusal in state.get("unsearched") or []]
    outcomes = [(one.template, Outcome(one.outcome)) for one in searched]
    not_done += [f"{template}: {_WHY[outcome]}" for template, outcome in outcomes if outcome in _WHY]
    if any(outcome is Outcome.NOT_CONFIGURED for _, outcome in outcomes):
        not_done.append("no search engine is configured; these queries would be asked (add: --search duckduckgo)")
    return {"searched": searched, "not_done": not_done}


def _searched(query: SealedText, egress: Egress | None, found: RemoteText | None, key: SealKey) -> Searched:
    answered = found is not None and _verifies(found, key)
    return Searched(
        template=query.template,
        query=egress.text if egress else query.text,
        left=egress.left if egress else False,
        destination=query.destination,
        outcome=found.outcome.value if found and answered else Outcome.NOT_SEALED.value,
        hits=hits_in(found.text) if found and answered else (),
    )


def _verifies(found: RemoteText, key: SealKey) -> bool:
    try:
        key.verify(found)
    except SealError:
        return False
    return True
