"""DuckDuckGo by way of ddgs, formerly duckduckgo-search."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec

from bedside.errors import EndpointError, MissingExtraError
from bedside.records import Hit

__all__ = ["DuckDuckGo"]

ANYWHERE = "wt-wt"
"""The code of DuckDuckGo for no region: hits do not depend on where the clinic appears to be."""


class DuckDuckGo:
    """A client of DuckDuckGo's page without scripts, one query a client: no cookie ties two queries together.

    It asks ddgs' engine and not its `DDGS` class: that one asks Yahoo, Google, Yandex and others where it is not
    told which or does not know the engine, and takes a proxy from DDGS_PROXY.

    Args:
        timeout: Seconds for one query.

    Raises:
        MissingExtraError: ddgs is not installed.
    """

    name = "duckduckgo"

    def __init__(self, timeout: float) -> None:
        if find_spec("ddgs") is None:
            raise MissingExtraError("ddgs", "search")
        self._timeout = timeout

    async def search(self, query: str, limit: int) -> Sequence[Hit]:
        """Return the first hits. Raises as `SearchEngine.search` says; no message holds the query."""
        return (await asyncio.to_thread(self._ask, query))[:limit]

    def _ask(self, query: str) -> list[Hit]:
        from ddgs.engines.duckduckgo import Duckduckgo
        from ddgs.exceptions import DDGSException, TimeoutException

        engine = Duckduckgo(timeout=max(1, round(self._timeout)))  # ddgs counts in whole seconds
        engine.http_client.client.follow_redirects = False  # text goes to this host or nowhere
        try:
            found = engine.search(query, region=ANYWHERE)
        except TimeoutException:
            raise TimeoutError from None
        except DDGSException:  # it may quote the query
            raise ConnectionError("DuckDuckGo could not be reached") from None
        if found is None:
            raise EndpointError("DuckDuckGo turned the query away: it does so when it is asked too often")
        return [Hit(title=one.title, url=one.href, snippet=one.body) for one in found]
