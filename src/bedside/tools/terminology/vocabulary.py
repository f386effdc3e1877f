"""The terms of the tables that may be sent outside."""

from __future__ import annotations

from bedside.boundary import Terms
from bedside.tools.terminology.concepts import concepts, further_concepts, one_in

__all__ = ["vocabulary"]


def vocabulary() -> Terms:
    """Return the displays, names and units of the curated tables, for the entry point `bedside.vocabularies`.

    Of the name tables only displays are offered, and as candidates: these come from public lists of thousands
    of names that nobody read one by one, with eponyms and brands among them that are also people's names.
    """
    known = concepts()
    return Terms(
        phrases=tuple(concept.display for concept in known),
        names=tuple(name for concept in known for name in concept.names),
        units=tuple({unit.ucum for concept in known for unit in concept.units}),
        candidates=tuple(concept.display for concept in further_concepts()),
        # By every name: a narrative says "renal transplant" or "MND" where the table's display is another.
        rare={
            name: n
            for one in (*further_concepts(), *known)
            if (n := one_in(one))
            for name in (one.display, *one.names)
        },
    )
