"""Each red flag of the table has an example, and near misses: without any one of its parts it is silent.

The examples are put together from the table itself, so that a new row is held to the same: from the names by which
the reader knows its concepts, and from values on both sides of each limit. Synthetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess
from bedside.agents.triager.comparison import Comparison
from bedside.agents.triager.over_time import Change, Course, History, Timed, TimeOf
from bedside.agents.triager.rules import Patient, Rule, load_rules
from bedside.records import Quantity
from bedside.tools.terminology import Domain, concepts

STEP = Decimal("0.01")
PATIENTS: Mapping[str, tuple[Patient, Patient | None]] = {
    # One whom the rule is about, and one whom it is not.
    "": (Patient(45, pregnant=False), None),
    "adult": (Patient(45, pregnant=False), Patient(8, pregnant=False)),
    "child": (Patient(8, pregnant=False), Patient(45, pregnant=False)),
    "not-adult": (Patient(8, pregnant=False), Patient(45, pregnant=False)),
    "pregnant": (Patient(30, pregnant=True), Patient(30, pregnant=False)),
}


def beside(comparison: Comparison) -> tuple[Decimal, Decimal]:
    """A value that meets a comparison, and the nearest that does not."""
    step = STEP if comparison.sign in ("<", "<=") else -STEP
    on = comparison.sign in ("<=", ">=")
    return comparison.limit - (0 if on else step), comparison.limit + (step if on else 0)


def patients(condition: str) -> tuple[Patient, Patient | None]:
    if condition in PATIENTS:
        return PATIENTS[condition]
    inside, outside = beside(Comparison.parse(condition.split(",")[0]))
    return Patient(float(inside), pregnant=False), Patient(float(outside), pregnant=False)


def courses(change: Change, *, holds: bool) -> dict[str, list[Course]]:
    """An earlier value of 100 and a newest one that has changed just enough, or just not."""
    by = change.by + (STEP if change.sign == ">" else 0) - (0 if holds else STEP)
    newest = 100 + (by if change.verb == "rises" else -by)
    return {change.name: [(Timed(1, Decimal(100), Decimal(0), "t1"), Timed(2, newest, Decimal(0), "t2"))]}


def times(of: TimeOf, *, holds: bool) -> dict[str, list[tuple[Quantity, str]]]:
    inside, outside = beside(Comparison("time", of.sign, of.limit.value))
    return {min(of.names): [(Quantity(value=inside if holds else outside, unit=of.limit.unit), "t")]}


def history(statements: tuple[TimeOf | Change, ...], but: TimeOf | Change | None = None) -> History:
    """Times and values with which all statements hold, or all but one."""
    if isinstance(but, TimeOf):
        told = times(but, holds=False)
        return History(lasts=told, began=told)
    lasts: dict[str, list[tuple[Quantity, str]]] = {}
    changed: dict[str, list[Course]] = {}
    for one in statements:
        if isinstance(one, TimeOf):
            for name, known in times(one, holds=True).items():
                lasts.setdefault(name, []).extend(known)
        else:
            changed |= courses(one, holds=one is not but)
    return History(lasts=lasts, began=lasts, courses=changed)


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_a_rule_speaks_of_its_parts_together_and_of_no_fewer(rule: Rule) -> None:
    condition = rule.condition
    found = {min(group): [f"f{at}"] for at, group in enumerate(condition.facts)}
    stated = {one.name: [(beside(one)[0], (f"v{at}",))] for at, one in enumerate(condition.vitals)}
    patient, another = patients(condition.patient)
    told = history(condition.over_time)
    assert condition.match(found, stated, patient, told) is not None
    for group in condition.facts:
        fewer = {key: ids for key, ids in found.items() if key not in group}
        assert condition.match(fewer, stated, patient, told) is None
    for one in condition.vitals:
        assert condition.match(found, {**stated, one.name: [(beside(one)[1], ("v",))]}, patient, told) is None
    for statement in condition.over_time:
        assert condition.match(found, stated, patient, history(condition.over_time, but=statement)) is None
    if another is not None:
        assert condition.match(found, stated, another, told) is None


NAMES = {
    one.key: one.display
    for one in reversed(concepts())
    if one.domain in (Domain.SYMPTOM, Domain.PROBLEM, Domain.MEDICATION, Domain.PROCEDURE)
}


def _aged(years: float) -> str:
    weeks = round(years * 52)
    told = f"{int(years)}-year-old" if years >= 1 else f"{weeks}-week-old" if weeks >= 1 else "newborn, 1 day old"
    return f"{told}. "


def sentence(rule: Rule, *, denied: bool) -> str | None:
    """A note that names each of a rule's parts, or that denies them all; `None` where a part has no name."""
    named = [next((NAMES[key] for key in sorted(group) if key in NAMES), None) for group in rule.condition.facts]
    if None in named or rule.condition.vitals or rule.condition.over_time or not named:
        return None
    patient, _ = patients(rule.condition.patient)
    who = "30-year-old woman, 30 weeks pregnant. " if patient.pregnant else _aged(patient.age_years or 0)
    return who + " ".join(
        f"No {name}." if denied else f"{name[:1].upper()}{name[1:]} today." for name in named if name
    )


TOLD = [rule for rule in load_rules() if sentence(rule, denied=False)]


@pytest.mark.parametrize("rule", TOLD, ids=lambda rule: rule.id)
def test_a_rule_speaks_of_a_note_that_names_its_parts_and_not_of_their_denial(rule: Rule) -> None:
    told, denied = sentence(rule, denied=False), sentence(rule, denied=True)
    assert told is not None
    assert denied is not None
    assert rule.id in [reason.code for reason in assess(read_note("d1", told)).reasons]
    assert rule.id not in [reason.code for reason in assess(read_note("d1", denied)).reasons]


def test_most_rules_are_told_in_words() -> None:
    assert len(TOLD) > 200
