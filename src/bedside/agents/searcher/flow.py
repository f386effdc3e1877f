"""The part of a graph that searches: from a record to citations."""

from __future__ import annotations

from operator import add
from typing import Annotated, Any

from bedside.agents.searcher.search import Search, search
from bedside.agents.searcher.step import compose_queries, lay_sources, review_queries
from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import REMOTE, CaseState, ClinicalGraph, Private, Send, Shareable, release
from bedside.records import Searched

__all__ = ["Literature", "add_search"]


class Literature(CaseState):
    """Channels of a graph that searches.

    Attributes:
        searches: What is to be looked up: written by `compose_queries`.
        searched: The queries with their citations.
        approver: Who said that they may leave, where a person was asked.
    """

    searches: Private[list[Draft]]
    unsearched: Private[list[Refusal]]
    queries: Shareable[list[SealedText]]
    found: Annotated[Shareable[list[RemoteText]], add]
    approved_queries: Private[list[str]]
    searched: Private[list[Searched]]
    approver: Private[str]


def add_search(graph: ClinicalGraph, then: str) -> None:
    """Add the nodes of a search; the first of them, `compose_queries`, is yours to lead to.

    compose_queries ─▶ release_queries ─▶ review_queries ─▶ search ×k ─▶ lay_sources

    Args:
        graph: A graph whose state has the channels of `Literature`, and `record` and `not_done`.
        then: The node that follows.
    """
    graph.add_node("compose_queries", compose_queries)
    graph.add_node("release_queries", release("searches", "queries", refused="unsearched", destination="search"))
    graph.add_node("review_queries", review_queries)
    graph.add_node("search", search, zone=REMOTE, input_schema=Search)
    graph.add_node("lay_sources", lay_sources)
    graph.add_edge("compose_queries", "release_queries")
    graph.add_edge("release_queries", "review_queries")
    graph.add_conditional_edges("review_queries", _approved, ["search", "lay_sources"])
    graph.add_edge("search", "lay_sources")
    graph.add_edge("lay_sources", then)


def _approved(state: dict[str, Any]) -> list[Send] | str:
    approved = set(state.get("approved_queries") or [])
    sends = [Send("search", {"query": one}) for one in state.get("queries") or [] if one.id in approved]
    return sends or "lay_sources"
