"""The tables of the pharmacist.

`data/medicines.tsv`, one row a rule: `facts` and `patient` as in the triager's red flags; a drug stands by its key,
its class (`class:nsaid`) or a group of `data/groups.tsv` (`group:maoi`), a stated allergy as `allergy:` before any
of them. `values` compares laboratory values and vital signs. `data/duplicates.tsv` names the classes of which two
at once are one too many, `data/qt.tsv` the drugs that prolong the QT interval. The lists are short: what is not in
them is not known to be safe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from bedside.agents.triager.rules import Condition
from bedside.tables import table_rows

__all__ = [
    "Duplicate",
    "MedicineRule",
    "Severity",
    "load_duplicates",
    "load_groups",
    "load_medicines",
    "load_qt",
]


Severity = Literal["contraindicated", "major", "moderate"]
"""The severity of a doubt, gravest first: never together; avoid, or only watched; know of it."""


@dataclass(frozen=True, slots=True)
class MedicineRule:
    """An interaction, a contraindication, or a conflict with an allergy."""

    id: str
    kind: str
    severity: Severity
    condition: Condition
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A class of drugs of which one is enough."""

    severity: Severity
    message: str
    source: str


@cache
def load_medicines() -> tuple[MedicineRule, ...]:
    """All rules, in the order of the table."""
    return tuple(
        MedicineRule(
            id=row["id"],
            kind=row["kind"],
            severity=cast(Severity, row["severity"]),
            condition=Condition.parse(row["facts"], row["values"], row["patient"]),
            message=row["message"],
            source=row["source"],
        )
        for row in _rows("medicines")
    )


@cache
def load_duplicates() -> Mapping[str, Duplicate]:
    """Load duplicates by class of drugs, as the table of medications names it."""
    return {
        row["drug_class"]: Duplicate(cast(Severity, row["severity"]), row["message"], row["source"])
        for row in _rows("duplicates")
    }


@cache
def load_qt() -> frozenset[str]:
    """Keys of the drugs that prolong the QT interval."""
    return frozenset(row["drug"] for row in _rows("qt"))


@cache
def load_groups() -> Mapping[str, frozenset[str]]:
    """Load groups by name: keys of drugs, and classes as `class:…`, that act alike in some way."""
    return {row["group"]: frozenset(row["members"].split("|")) for row in _rows("groups")}


def _rows(table: str) -> Iterator[dict[str, str]]:
    return table_rows("bedside.agents.pharmacist", table)
