"""The red-flag rules: read from `data/red_flags.tsv`, one row a rule, and from tables of a hospital's own.

Columns: `facts` holds groups joined by ` & `, each a choice of concept keys joined by `|`: every group needs
one fact; a drug that is taken stands by its class too (`class:anticoagulant`). `vitals` holds comparisons joined
by `,`: all must hold. `over_time` says what must hold of durations and of values one after the other
(`over_time.py` has its forms). `patient` is `adult`, `child`, `not-adult` (a child, or of unknown age), `pregnant`
or comparisons of the age in years or another unit (`age>=50`, `age>=15 days,age<3 months`). `names` says what the
reason names, by which reasons are ranked: a `disease`, a `syndrome` (shock, a failing organ, "until excluded"), a
dangerous `sign`, or only a `value`.
`systems` names the fields of medicine, for whoever looks for what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bedside.agents.triager.comparison import Comparison
from bedside.agents.triager.over_time import History, Statement, parse_over_time
from bedside.agents.triager.own_rules import NAMED, own_red_flags
from bedside.tables import table_rows

__all__ = [
    "ADULT_AGE",
    "NAME_HERE",
    "Condition",
    "Patient",
    "Rule",
    "Stated",
    "load_resources",
    "load_routine",
    "load_rules",
]

ADULT_AGE = 16
"""The age at which NEWS2 and the adult rules apply (RCP 2017)."""

NAME_HERE = "{name}"
"""The mark in a reason that the names of the found facts replace."""

Stated = Mapping[str, Sequence[tuple[Decimal, tuple[str, ...]]]]
"""Name of a measurement to its values, each with the ids of the facts behind it."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient, as rules see it. An unknown age counts as adult and meets no comparison."""

    age_years: float | None
    pregnant: bool

    @property
    def adult(self) -> bool:
        return self.age_years is None or self.age_years >= ADULT_AGE

    def perhaps_child(self, condition: str) -> bool:
        """True if a column for children holds only because the patient's age is not stated."""
        return condition == "not-adult" and self.age_years is None

    def meets(self, condition: str) -> bool:
        """True if the patient column of a rule holds."""
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
        if self.age_years is None:
            return False
        age = Decimal(str(self.age_years))
        return all(Comparison.parse(one).holds(age) for one in condition.split(","))


_NO_TIMES = History()


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a rule: facts, measurements, times, the patient. See the module for their meaning."""

    facts: tuple[frozenset[str], ...]
    vitals: tuple[Comparison, ...]
    over_time: tuple[Statement, ...]
    patient: str

    @classmethod
    def parse(cls, facts: str, vitals: str, patient: str, over_time: str = "") -> Condition:
        """Read the columns of a table; one without times has no `over_time`."""
        return cls(
            facts=tuple(frozenset(group.split("|")) for group in facts.split(" & ") if group),
            vitals=tuple(Comparison.parse(text) for text in vitals.split(",") if text),
            over_time=parse_over_time(over_time),
            patient=patient,
        )

    def match(
        self, concepts: Mapping[str, Sequence[str]], stated: Stated, patient: Patient, history: History = _NO_TIMES
    ) -> tuple[str, ...] | None:
        """Ids of the facts with which it holds, or `None` where it does not.

        Args:
            concepts: Concept key to the ids of its present or possible facts.
            stated: The measurements.
            patient: Age and pregnancy.
            history: Durations of the findings, and courses of the measurements.
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
        for statement in self.over_time:
            behind_it = statement.match(history)
            if behind_it is None:
                return None
            evidence += behind_it
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
        """True if it names a disease of this patient, and not one of a child that is not stated to be one."""
        return self.names == "disease" and not patient.perhaps_child(self.condition.patient)

    def rank(self, patient: Patient) -> tuple[int, bool, bool, int]:
        """Place among reasons of one urgency, least first: what it names, then how much must be true for it."""
        asked = len(self.condition.facts) + len(self.condition.vitals) + len(self.condition.over_time)
        asked += bool(self.condition.patient)
        guessed = patient.perhaps_child(self.condition.patient)
        return NAMED.index(self.names), guessed, NAME_HERE not in self.reason, -asked


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return all red-flag rules, in the order of the tables: Bedside's, then a hospital's own.

    Raises:
        InputError: A row of an own table cannot be used; the message names file, line and column.
    """
    rows = _rows("red_flags")
    rows += own_red_flags({row["id"] for row in rows})
    return tuple(
        Rule(
            id=row["id"],
            urgency=int(row["urgency"]),
            systems=frozenset(row["systems"].split("|")),
            condition=_condition(row),
            names=row["names"],
            reason=row["reason"],
            source=row["source"],
        )
        for row in rows
    )


def _condition(row: Mapping[str, str]) -> Condition:
    try:
        return Condition.parse(row["facts"], row["vitals"], row["patient"], row["over_time"])
    except ValueError as error:
        raise ValueError(f"rule {row['id']}: {error}") from error


@cache
def load_routine() -> Mapping[str, str]:
    """Concepts that are routine when nothing else is wrong, with the source of that."""
    return {row["concept"]: row["source"] for row in _rows("routine")}


@cache
def load_resources() -> Mapping[str, frozenset[str]]:
    """Concepts with the kinds of resources that a department usually needs for them (ESI, decision point C)."""
    return {row["concept"]: frozenset(row["kinds"].split("|")) for row in _rows("resources")}


def _rows(name: str) -> list[dict[str, str]]:
    return list(table_rows("bedside.agents.triager", name))
