"""Sites of the body as words that may leave: "elbow" says nothing about who somebody is."""

from __future__ import annotations

from bedside.agents.reader.tables import rows
from bedside.boundary import Terms

__all__ = ["vocabulary"]


def vocabulary() -> Terms:
    """The sites of the composed findings, for the entry point `bedside.vocabularies`."""
    return Terms(phrases=tuple(row["phrase"] for row in rows("sites") if row["use"] == "body"))
