"""The local nodes around a search: compose queries, show them to a person, lay out what was found."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.planner.step import without_names
from bedside.agents.searcher.queries import queries
from bedside.boundary import Egress, Outcome, RemoteText, SealedText, SealKey, by_question
from bedside.errors import SealError
from bedside.flow import Services, review
from bedside.models import hits_in
from bedside.records import NO_ENGINE, Searched

__all__ = ["compose_queries", "lay_sources", "review_queries"]

_WHY = {
    Outcome.EMPTY: "no page of an allowed source was found",
    Outcome.UNREACHABLE: "search could not be reached; the case went on",
    Outcome.BROKEN_OFF: "search could not be reached, or broke off; the case went on",
    Outcome.TIMED_OUT: "search did not answer in time; the case went on",
    Outcome.REJECTED: "the search engine turned the query away; the case went on",
    Outcome.NONSENSE: "the search engine's answer could not be understood; the case went on",
    Outcome.INTERRUPTED: "it had left before, and what became of it is not known; it was not sent a second time",
    Outcome.ALREADY_ASKED: "it was asked before, and its hits went to that run; it was not sent a second time",
    Outcome.NOT_APPROVED: "it needs a person's yes and has none to these words, so it was not sent",
    Outcome.GUARDED: "the query held a value that identifies somebody, so it was not sent",
    Outcome.NOT_SEALED: "its seal did not verify, so it was not sent",
}


def compose_queries(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Compose the queries of the case."""
    record = without_names(state["record"], state["case"], runtime.context.boundary)
    return {"searches": queries(record, state.get("assessment"))}


review_queries = review("queries", approved="approved_queries", approver="approver", not_done="not_done")
"""Show the queries, where a review is requested and something could leave. A query cannot be rewritten: free text
does not go to a search engine."""


def lay_sources(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Lay each query beside its hits, and say what was not done."""
    services, case = runtime.context, state["case"]
    key = services.cases.vault(case).key
    gate = by_question(services.cases.egress(case))
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
        not_done.append(NO_ENGINE)
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
