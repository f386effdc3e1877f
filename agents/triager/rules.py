"""The red-flag rules: read from `data/red_flags.tsv`, one row a rule.

Columns: `facts` holds groups joined by ` & `, each a choice of concept keys joined by `|`: every group needs
one fact; a drug that is taken stands by its class too (`class:anticoagulant`). `vitals` holds comparisons joined
by `,`: all must hold. `patient` is `adult`, `child`, `not-adult` (a child, or of unknown age), `pregnant` or a
comparison of the age in years (`age>=50`). `names` says what the reason names, by which reasons are ranked: a
`disease`, a `syndrome` (shock, a failing organ, "until excluded"), a dangerous `sign`, or only a `value`.
`systems` names the fields of medicine, for whoever looks for what is missing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

__all__ = [
    "ADULT_AGE",
    "NAME_HERE",
    "Comparison",
    "Condition",
    "Patient",
    "Rule",
    "Stated",
    "load_resources",
    "load_routine",
    "load_rules",
]

DATA = Path(__file__).with_name("data")
ADULT_AGE = 16
"""From this age NEWS2 and the adult rules apply (RCP 2017)."""

NAMES = ("disease", "syndrome", "sign", "value")
"""What a reason can name, the most specific first."""

NAME_HERE = "{name}"
"""In a reason: the names of the facts that were found."""

COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Stated = Mapping[str, Sequence[tuple[Decimal, tuple[str, ...]]]]
"""Name of a measurement to its values, each with the ids of the facts behind it."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What rules may ask of the patient. An unknown age counts as adult and meets no comparison."""

    age_years: float | None
    pregnant: bool

    @property
    def adult(self) -> bool:
        return self.age_years is None or self.age_years >= ADULT_AGE

    def perhaps_child(self, condition: str) -> bool:
        """Whether a column for children holds only because nobody says how old the patient is."""
        return condition == "not-adult" and self.age_years is None

    def meets(self, condition: str) -> bool:
        """Whether the patient column of a rule holds."""
        match condition:
            case "":
                return True
            case "adult":
                return self.adult
            case "child":
                return not self.adult
            case "not-adult":
                return self.age_years is None or not self.adult
            case "pregnant":
                return self.pregnant
        return self.age_years is not None and Comparison.parse(condition).holds(Decimal(str(self.age_years)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a named value with a limit."""

    name: str
    sign: str
    limit: Decimal

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Read `name<limit`; raises `ValueError` on anything else, which a test of the table would show."""
        found = re.fullmatch(r"([a-z0-9-]+?)(<=|>=|<|>)([0-9.]+)", text)
        if found is None:
            raise ValueError(f"not a comparison: {text!r}")
        return cls(found[1], found[2], Decimal(found[3]))

    def holds(self, value: Decimal) -> bool:
        """Whether `value` meets the limit."""
        return COMPARE[self.sign](value, self.limit)


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a rule: facts, measurements, the patient. See the module for the meaning of each."""

    facts: tuple[frozenset[str], ...]
    vitals: tuple[Comparison, ...]
    patient: str

    @classmethod
    def parse(cls, facts: str, vitals: str, patient: str) -> Condition:
        """Read the three columns of a table."""
        return cls(
            facts=tuple(frozenset(group.split("|")) for group in facts.split(" & ") if group),
            vitals=tuple(Comparison.parse(text) for text in vitals.split(",") if text),
            patient=patient,
        )

    def match(
        self, concepts: Mapping[str, Sequence[str]], stated: Stated, patient: Patient
    ) -> tuple[str, ...] | None:
        """Ids of the facts with which it holds, or `None` where it does not.

        Args:
            concepts: Concept key to the ids of its present or possible facts.
            stated: The measurements.
            patient: Age and pregnancy.
        """
        if not patient.meets(self.patient):
            return None
        evidence: list[str] = []
        for group in self.facts:
            ids = [fact for key in sorted(group & concepts.keys()) for fact in concepts[key]]
            if not ids:
                return None
            evidence += ids
        for comparison in self.vitals:
            # One reading that meets the limit is enough: the worst value counts.
            behind = [ids for value, ids in stated.get(comparison.name, ()) if comparison.holds(value)]
            if not behind:
                return None
            evidence += [fact for ids in behind for fact in ids]
        return tuple(dict.fromkeys(evidence))


@dataclass(frozen=True, slots=True)
class Rule:
    """A red flag. See the module for the meaning of its columns."""

    id: str
    urgency: int
    systems: frozenset[str]
    condition: Condition
    names: str
    reason: str
    source: str

    def names_disease(self, patient: Patient) -> bool:
        """Whether it names a disease of this patient, and not one of a child that nobody says is a child."""
        return self.names == "disease" and not patient.perhaps_child(self.condition.patient)

    def rank(self, patient: Patient) -> tuple[int, bool, bool, int]:
        """Place among reasons of one urgency, least first: what it names, then how much must be true for it."""
        asked = len(self.condition.facts) + len(self.condition.vitals) + bool(self.condition.patient)
        guessed = patient.perhaps_child(self.condition.patient)
        return NAMES.index(self.names), guessed, NAME_HERE not in self.reason, -asked


@cache
def load_rules() -> tuple[Rule, ...]:
    """All red-flag rules, in the order of the table."""
    return tuple(
        Rule(
            id=row["id"],
            urgency=int(row["urgency"]),
            systems=frozenset(row["systems"].split("|")),
            condition=Condition.parse(row["facts"], row["vitals"], row["patient"]),
            names=row["names"],
            reason=row["reason"],
            source=row["source"],
        )
        for row in _rows("red_flags.tsv")
    )


@cache
def load_routine() -> Mapping[str, str]:
    """Concepts that are routine when nothing else is wrong, with the source of that."""
    return {row["concept"]: row["source"] for row in _rows("routine.tsv")}


@cache
def load_resources() -> Mapping[str, frozenset[str]]:
    """Concepts with the kinds of resources that a department usually needs for them (ESI, decision point C)."""
    return {row["concept"]: frozenset(row["kinds"].split("|")) for row in _rows("resources.tsv")}


def _rows(name: str) -> list[dict[str, str]]:
    header, *lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
