"""The result of a search: hits of a search engine, and the outcome of a query."""

from __future__ import annotations

from urllib.parse import urlsplit

from bedside.records.facts import Frozen

__all__ = ["Hit", "Searched"]


class Hit(Frozen):
    """One page that a search engine names. Its words are a stranger's: data, never an instruction.

    Attributes:
        title: The page's title.
        url: The page's address.
        snippet: The engine's extract of it.
    """

    title: str
    url: str
    snippet: str = ""

    @property
    def host(self) -> str:
        """The host of the URL; empty where it has none."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:  # "https://[" is no URL
            return ""


class Searched(Frozen):
    """One query and its outcome.

    Attributes:
        template: Id of the query's template.
        query: The query, word for word, as it left or would have left.
        left: Whether it left the machine. One that was answered and did not leave was remembered from before.
        destination: The search engine: `search:<engine>`.
        outcome: The outcome: "answered", "unreachable", "not_configured", …
        hits: The pages of allowed sources, in the engine's order; [S1] cites the first.
    """

    template: str
    query: str
    left: bool
    destination: str
    outcome: str
    hits: tuple[Hit, ...] = ()
