"""The tables of the pharmacist.

`data/medicines.tsv`, one row a rule: `facts` and `patient` as in the triager's red flags; a drug stands by its key
or its class (`class:nsaid`), a stated allergy as `allergy:penicillin`. `values` compares laboratory values and
vital signs. `data/duplicates.tsv` names the classes of which two at once are one too many, `data/qt.tsv` the drugs
that prolong the QT interval. The lists are short: what is not in them is not known to be safe.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from bedside.agents.triager.rules import Condition

__all__ = ["Duplicate", "MedicineRule", "load_duplicates", "load_medicines", "load_qt"]

DATA = Path(__file__).with_name("data")

Severity = Literal["high", "moderate"]


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
    """By class of drugs, as the table of medications names it."""
    return {
        row["drug_class"]: Duplicate(cast(Severity, row["severity"]), row["message"], row["source"])
        for row in _rows("duplicates")
    }


@cache
def load_qt() -> frozenset[str]:
    """Keys of the drugs that prolong the QT interval."""
    return frozenset(row["drug"] for row in _rows("qt"))


def _rows(table: str) -> Iterator[dict[str, str]]:
    lines = (DATA / f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
