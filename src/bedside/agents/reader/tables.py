"""The reader's word lists, as rows of their TSV files."""

from __future__ import annotations

from functools import lru_cache

from bedside.tables import table_rows

__all__ = ["rows"]


@lru_cache(maxsize=16)
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<table>.tsv`, by the names of its header."""
    return tuple(table_rows("bedside.agents.reader", table))
