"""What of the tables may leave."""

from __future__ import annotations

from bedside.boundary import Terms
from bedside.tools.terminology.concepts import concepts

__all__ = ["vocabulary"]


def vocabulary() -> Terms:
    """The displays, names and units of all concepts. The entry point `bedside.vocabularies` names this function."""
    known = concepts()
    return Terms(
        phrases=tuple(concept.display for concept in known),
        names=tuple(name for concept in known for name in concept.names),
        units=tuple({unit.ucum for concept in known for unit in concept.units}),
    )
