"""Every rule of the detectors: its own examples, its near misses, and that it fires at all. All synthetic."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bedside.boundary import Vocabulary
from bedside.boundary.detectors.addresses import addresses
from bedside.boundary.detectors.ages import ages
from bedside.boundary.detectors.biometrics import biometrics
from bedside.boundary.detectors.dates import dates
from bedside.boundary.detectors.devices import devices
from bedside.boundary.detectors.facilities import facilities
from bedside.boundary.detectors.names import names
from bedside.boundary.detectors.numbers import numbers
from bedside.boundary.detectors.online import online
from bedside.boundary.detectors.phones import phones
from bedside.boundary.detectors.places import places
from bedside.boundary.detectors.rules import Rule, RuleRecognizer

MAKERS = (names, places, facilities, addresses, dates, numbers, ages, phones, online, devices, biometrics)
GROUPS = {make.__name__: make for make in MAKERS}
RULES = {(group, rule.name): rule for group, make in GROUPS.items() for rule in make(Vocabulary.installed()).rules}
DOUBTS = ("unless_harmless", "unless_term", "unless_house_word")
# Rules that say what they find and leave here, and not beside their expression.
FURTHER: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("names", "last, first"): (("seen: ‹OKONKWO, ADA› today",), ("PAIN, CHEST", "FEVER, COUGH and rash")),
    ("names", "last, first in mixed case"): (
        ("seen by ‹Okonkwo, Ada›.",),
        ("Fever, Cough.", "with Asthma, Eczema.", "However, Okonkwo."),
    ),
    ("names", "signature"): (("/s/ ‹Okonkwo›", "// ‹A. Okonkwo›"), ("// Plan", "/s/ Note")),
    ("names", "patient"): (("Patient ‹Okonkwo› came",), ("Patient Education", "Pt Denies pain", "Client: Stable")),
    ("names", "first name and initial"): (("with ‹Quillon B.›, today",), ("Vitamin B.", "Hepatitis C.", "Plan B.")),
    ("names", "initial and surname"): (("and ‹A. Okonkwo› came",), ("E. Coli grew", "C. Difficile toxin")),
    ("places", "town of"): (("the town of ‹Zebulon›",), ("a town of Women", "city of Care")),
    ("places", "destination"): (("destination: ‹Zebulon›",), ("destination: Home", "Home place: Hospital")),
    ("facilities", "behind a stay"): (
        ("admitted to ‹Zebulon› today",),
        ("admitted to Medicine", "seen at Home", "sent to Pharmacy"),
    ),
    ("facilities", "one word behind @"): (("seen @ ‹Zebulon›",), ("seen @ Home", "seen @ Bedside")),
    ("facilities", "institution of a place"): (
        ("‹University of Zebulon› took her",),
        ("Clinic Notes", "Hospital Course", "School of Medicine"),
    ),
    ("facilities", "place before an institution"): (
        ("at the ‹Zebulon clinic›",),
        ("at the Pain clinic", "our Eye clinic"),
    ),
    ("facilities", "institution in lower case"): (("‹Zebulon clinic› rang",), ("Pain clinic rang", "Eye hospital")),
    ("facilities", "practice of somebody"): (
        ("‹Zebulon Surgery› rang",),
        ("General Surgery", "Intensive Care Unit"),
    ),
    ("addresses", "town, state"): (("of ‹Zebulon, OH› and",), ("Pain, MD", "From Home, PA")),
    ("addresses", "number, unknown name, number"): (("‹12 Zebulon 4› and",), ("12 Tablets 4", "1 Unit 2")),
    ("addresses", "unknown name and number before a dwelling"): (("‹Zebulon 12› Apt 4",), ("Room 12 Unit 4",)),
    ("addresses", "place and code at the end of a line"): (("in ‹Zebulon 4410›",), ("Room 4410", "Sodium 140")),
}
CASES = {
    key: (
        (*rule.examples, *FURTHER.get(key, ((), ()))[0]),
        (*rule.near_misses, *FURTHER.get(key, ((), ()))[1]),
    )
    for key, rule in RULES.items()
}


def spans(rule: Rule, text: str) -> set[str]:
    return {text[one.start : one.end] for one in RuleRecognizer("one", [rule], Vocabulary.installed()).find(text)}


@pytest.mark.parametrize(
    ("group", "name"), [key for key, cases in CASES.items() if any(cases)], ids=lambda part: part
)
def test_a_rule_finds_its_examples_and_leaves_its_near_misses(group: str, name: str) -> None:
    # Made here and not above, so that a test run under coverage tells which test reads which rule.
    (rule,) = [one for one in GROUPS[group](Vocabulary.installed()).rules if one.name == name]
    examples, near_misses = CASES[group, name]
    for marked in examples:
        (value,) = re.findall("‹(.+?)›", marked)
        found = spans(rule, re.sub("[‹›]", "", marked))
        assert any(value in one for one in found), (marked, found)
    for text in near_misses:
        assert spans(rule, text) == set(), text


def test_a_rule_that_may_be_wrong_says_what_it_finds_and_what_it_leaves() -> None:
    """Its doubt is a word of code: without a near miss nobody notices when it is gone."""
    doubtful = {
        key for key, rule in RULES.items() if any(getattr(rule, doubt) for doubt in DOUBTS) or rule.when is not None
    }
    assert {key for key in doubtful if not all(CASES[key])} == set()
    without = {
        key: replace(RULES[key], unless_harmless=False, unless_term=False, unless_house_word=False, when=None)
        for key in doubtful
    }
    idle = {key for key, rule in without.items() if not any(spans(rule, text) for text in CASES[key][1])}
    assert idle == set(), "no near miss that the expression alone would take"
    assert FURTHER.keys() <= RULES.keys()
    assert len(doubtful) > 30
