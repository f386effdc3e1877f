"""Every rule of the detectors: its own examples, its near misses, and that it fires at all. All synthetic."""

from __future__ import annotations

import re

import pytest

from bedside.boundary import Vocabulary
from bedside.boundary.detectors.addresses import addresses
from bedside.boundary.detectors.dates import dates
from bedside.boundary.detectors.facilities import facilities
from bedside.boundary.detectors.names import names
from bedside.boundary.detectors.numbers import numbers
from bedside.boundary.detectors.places import places
from bedside.boundary.detectors.rules import Rule, RuleRecognizer

GROUPS = {make.__name__: make for make in (names, places, facilities, addresses, dates, numbers)}
RULES = [
    (group, rule) for group, make in GROUPS.items() for rule in make(Vocabulary.installed()).rules if rule.examples
]


def spans(rule: Rule, text: str) -> set[str]:
    return {text[one.start : one.end] for one in RuleRecognizer("one", [rule], Vocabulary.installed()).find(text)}


@pytest.mark.parametrize(("group", "rule"), RULES, ids=[f"{group}: {rule.name}" for group, rule in RULES])
def test_a_rule_finds_its_examples_and_leaves_its_near_misses(group: str, rule: Rule) -> None:
    for marked in rule.examples:
        (value,) = re.findall("‹(.+?)›", marked)
        found = spans(rule, re.sub("[‹›]", "", marked))
        assert any(value in one for one in found), (marked, found)
    for text in rule.near_misses:
        assert spans(rule, text) == set(), text


def test_there_are_rules_with_examples() -> None:
    assert len(RULES) > 12
