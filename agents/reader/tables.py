"""The reader's word lists, as rows of their TSV files."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

__all__ = ["rows"]


@lru_cache(maxsize=16)
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<table>.tsv`, by the names of its header."""
    lines = (files("bedside.agents.reader") / "data" / f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
