"""What is in a drug: a product of two ingredients is a dose of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bedside.tables import table_rows
from bedside.tools.terminology.concepts import Domain, concept, concepts, further_concepts

__all__ = ["classes_of", "ingredients_of"]


@cache
def _products() -> Mapping[str, tuple[str, ...]]:
    """Products whose key does not tell what is in them, and keys with a hyphen that are one thing."""
    rows = table_rows("bedside.tools.terminology", "ingredients")
    return {row["product"]: tuple(row["ingredients"].split("|")) for row in rows}


@cache
def _drugs() -> frozenset[str]:
    known = (*concepts(), *further_concepts())
    return frozenset(one.key for one in known if one.domain is Domain.MEDICATION)


@cache
def ingredients_of(key: str) -> tuple[str, ...]:
    """The keys of what is in a drug: of "metformin-sitagliptin" both, of a drug of one ingredient itself."""
    if key in _products():
        return _products()[key]
    parts, found = key.split("-"), []
    while parts:
        # The longest name first: "valproic-acid" is one drug. What is no drug ("sodium") is passed over.
        for length in range(len(parts), 0, -1):
            name = "-".join(parts[:length])
            if name in _drugs() and name != key:
                found.append(name)
                break
        parts = parts[length:]
    return tuple(found) if len(found) > 1 else (key,)


@cache
def classes_of(key: str) -> tuple[str, ...]:
    """The classes of a drug and of what is in it, as the table of medications names them, in hyphens."""
    found: dict[str, None] = {}
    for name in dict.fromkeys((key, *ingredients_of(key))):
        try:
            told = concept(Domain.MEDICATION, name).drug_class
        except KeyError:
            continue
        if told:
            found[told.replace(" ", "-")] = None
    return tuple(found)
