"""The items of a list that a note writes in one line or in several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Item", "items"]

# A comma between digits or inside parentheses does not part two items.
_PART = re.compile(r"\n|;|(?<!\d),(?![^(),\n]{0,60}\))|,(?=\s)(?![^(),\n]{0,60}\))|\.(?=\s|\Z)|\s+and\s+|•")
_LEAD = re.compile(r"[\s\-–*•·>]*(?:\d{1,2}[.)]\s+)?[\s\-–*•(]*")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: `text[start:end]`, without bullet and blanks."""

    start: int
    end: int


def items(text: str, start: int, end: int) -> Iterator[Item]:
    """Yield the items of `text[start:end]`."""
    at = start
    for found in _PART.finditer(text, start, end):
        yield from _item(text, at, found.start())
        at = found.end()
    yield from _item(text, at, end)


def _item(text: str, start: int, end: int) -> Iterator[Item]:
    lead = _LEAD.match(text, start, end)
    first = lead.end() if lead else start
    body = text[first:end].rstrip(" \t\r\n.:")
    if body:
        yield Item(first, first + len(body))
