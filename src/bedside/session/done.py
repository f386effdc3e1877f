"""The result of a run in its printed and written forms: by page, by JSON line, by file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bedside.boundary import Egress
from bedside.records import Searched
from bedside.session.notes import Note

__all__ = ["Done"]


@dataclass(frozen=True, slots=True)
class Done:
    """One case at its end.

    Attributes:
        note: Its documents, under the name of the note.
        output: The graph's output.
        egress: The record of what left, from the case store. Nothing else says what left.
        results: The results of the graph's own, by channel, in the order of its schema.
        reader: The model that read the notes, and its place if not in this process; empty for the built-in reader.
    """

    note: Note
    output: dict[str, Any]
    egress: Sequence[Egress]
    reader: str = ""
    results: Mapping[str, Any] = field(default_factory=dict)

    def query(self, one: Searched) -> Egress | None:
        """Return the record of a query, or `None` where it never reached the boundary."""
        found = [e for e in self.egress if (e.template, e.text) == (one.template, one.query)]
        return next((e for e in found if e.left), found[0] if found else None)
