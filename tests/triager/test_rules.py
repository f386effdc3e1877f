"""The red-flag table: its form, its keys and its reach."""

from __future__ import annotations

from collections import Counter

import pytest

from bedside.agents.triager.comparison import Comparison
from bedside.agents.triager.over_time import COURSES, TimeOf
from bedside.agents.triager.own_rules import DERIVED
from bedside.agents.triager.readings import NAMES
from bedside.agents.triager.rules import Rule, load_routine, load_rules
from bedside.tools.terminology import concepts

PATIENT = {"", "adult", "child", "not-adult", "pregnant"}
ACVPU = {f"consciousness-{letter}" for letter in "acvpu"}
RULES = load_rules()


def test_ids_are_unique() -> None:
    assert max(Counter(rule.id for rule in RULES).values()) == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_is_complete_and_uses_known_names(rule: Rule) -> None:
    classes = {(concept.drug_class or "").replace(" ", "-") for concept in concepts()}
    keys = {concept.key for concept in concepts()} | ACVPU | {f"class:{name}" for name in classes}
    lasting = [one.names for one in rule.condition.over_time if isinstance(one, TimeOf)]
    changing = {one.name for one in rule.condition.over_time if not isinstance(one, TimeOf)}
    assert set().union(*rule.condition.facts, *lasting) <= keys
    assert changing <= set(COURSES.values())
    assert {comparison.name for comparison in rule.condition.vitals} <= set(NAMES.values()) | DERIVED
    ages = [] if rule.condition.patient in PATIENT else rule.condition.patient.split(",")
    assert all(Comparison.parse(age).name == "age" for age in ages)
    assert rule.condition.facts or rule.condition.vitals or rule.condition.over_time
    assert rule.urgency in (1, 2, 3)
    assert rule.reason
    assert rule.source
    assert rule.systems


@pytest.mark.parametrize(
    "system",
    [
        "cardiac",
        "respiratory",
        "neurological",
        "infection",
        "hemorrhage",
        "anaphylaxis",
        "obstetric",
        "pediatric",
        "poisoning",
        "mental-health",
        "trauma",
        "metabolic",
    ],
)
def test_each_field_of_medicine_has_rules(system: str) -> None:
    assert any(system in rule.systems for rule in RULES)


def test_routine_concepts_exist_and_are_no_red_flags() -> None:
    alone = {
        key
        for rule in RULES
        if len(rule.condition.facts) == 1 and not (rule.condition.vitals or rule.condition.over_time)
        for key in rule.condition.facts[0]
    }
    assert set(load_routine()) <= {concept.key for concept in concepts()}
    assert not set(load_routine()) & alone


@pytest.mark.parametrize("text", ["spo2", "spo2=90", "spo2<", "<90", "spo2<<90", "spo2<90 days", "age<3 moons"])
def test_a_malformed_comparison_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a comparison"):
        Comparison.parse(text)
