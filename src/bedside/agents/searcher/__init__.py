"""The searcher: composes queries of code tables' displays, carries them out, and brings citations home."""

from bedside.agents.searcher.flow import Literature, add_search
from bedside.agents.searcher.queries import queries
from bedside.agents.searcher.search import PROMPTS, Search, search
from bedside.agents.searcher.step import compose_queries, lay_sources, review_queries

__all__ = [
    "PROMPTS",
    "Literature",
    "Search",
    "add_search",
    "compose_queries",
    "lay_sources",
    "queries",
    "review_queries",
    "search",
]
