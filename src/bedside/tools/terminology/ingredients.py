"""The ingredients of a drug: a product of two ingredients is a dose of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bedside.tables import table_rows
from bedside.tools.terminology.concepts import Domain, concept, concepts, further_concepts

__all__ = ["classes_of", "ingredients_of"]


@cache
def _products() -> Mapping[str, tuple[str, ...]]:
    """Return products whose key does not show their ingredients, and hyphenated keys of one ingredient."""
    rows = table_rows("bedside.tools.terminology", "ingredients")
    return {row["product"]: tuple(row["ingredients"].split("|")) for row in rows}


@cache
def _drugs() -> frozenset[str]:
    known = (*concepts(), *further_concepts())
    return frozenset(one.key for one in known if one.domain is Domain.MEDICATION)


@cache
def ingredients_of(key: str) -> tuple[str, ...]:
    """Return the keys of a drug's ingredients: of "metformin-sitagliptin" both, of a single ingredient itself."""
    if key in _products():
        return _products()[key]
    parts, found = key.split("-"), []
    while parts:
        # The longest name first: "valproic-acid" is one drug. What is no drug ("sodium") is skipped.
        for length in range(len(parts), 0, -1):
            name = "-".join(parts[:length])
            if name in _drugs() and name != key:
                found.append(name)
                break
        parts = parts[length:]
    return tuple(found) if len(found) > 1 else (key,)


@cache
def classes_of(key: str) -> tuple[str, ...]:
    """Return the classes of a drug and of its ingredients, as the table of medications names them, hyphenated."""
    found: dict[str, None] = {}
    for name in dict.fromkeys((key, *ingredients_of(key))):
        try:
            told = concept(Domain.MEDICATION, name).drug_class
        except KeyError:
            continue
        if told:
            found[told.replace(" ", "-")] = None
    return tuple(found)
