"""The remote node: one query, one call."""

from __future__ import annotations

from importlib.resources import files

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from bedside.boundary import RemoteText, SealedText
from bedside.flow import RemoteServices, Shareable

__all__ = ["PROMPTS", "Search", "search"]

PROMPTS = str(files("bedside.agents.searcher").joinpath("prompts"))
"""Folder of the queries' templates; the entry point `bedside.prompts` names it."""


class Search(TypedDict):
    """The input of one call of `search`: a single sealed query."""

    query: Shareable[SealedText]


async def search(state: Search, runtime: Runtime[RemoteServices]) -> dict[str, list[RemoteText]]:
    """Carry out one query. Whatever goes wrong comes back as the outcome."""
    return {"found": [await runtime.context.search.ask(state["query"])]}
