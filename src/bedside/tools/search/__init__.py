"""Search engines. They are found by entry point (`bedside.search_engines`); see docs/search.md."""

from bedside.tools.search.duckduckgo import DuckDuckGo

__all__ = ["DuckDuckGo"]
