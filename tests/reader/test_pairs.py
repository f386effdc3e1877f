"""Findings in two parts with words between. All texts are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import Assertion


@pytest.mark.parametrize(
    ("note", "concept", "found"),
    [
        ("Her left arm has just gone floppy.", "focal-weakness", True),
        ("Weakness, sudden, of the rt sided limbs: rt sided weakness.", "focal-weakness", True),
        ("His foot went cold, white and painful.", "limb-ischemia", True),
        ("Brought up what looked like blood.", "hematemesis", True),
        ("Nan's talking has gone all wrong.", "aphasia", True),
        ("Waving a big kitchen knife at staff.", "homicidal-ideation", True),
        ("Right eye suddenly went completely black.", "sudden-vision-loss", True),
        # A denial, the end of a clause, too many words, or a longer name of the tables.
        ("Her left arm is not weak.", "focal-weakness", False),
        ("No weakness of the left arm.", "focal-weakness", False),
        ("Foot normal. Cold and white sheets.", "limb-ischemia", False),
        ("Sore throat, chest clear.", "chest-pain", False),
        ("Vomiting and black stools.", "hematemesis", False),
        ("Regular paracetamol for pain every 6 hours.", "labor-contractions", False),
        ("The pain improves when she is still and stops moving.", "decreased-fetal-movement", False),
        ("Eating pears, good breath.", "ketotic-breath", False),
    ],
)
def test_two_parts_make_a_finding_whatever_stands_between(note: str, concept: str, found: bool) -> None:
    present = {fact.concept for fact in read_note("n1", note).facts if fact.assertion is Assertion.PRESENT}
    assert (concept in present) == found


@pytest.mark.parametrize(
    ("note", "concept"),
    [
        ("She did not take an overdose.", "overdose"),
        ("He didn't pass out.", "syncope"),
        ("Didn't hit his head.", "head-injury"),
        ("He doesn't hear voices.", "hallucinations"),
        ("Doesn't want to kill himself.", "suicidal-ideation"),
        ("Has never taken an overdose.", "overdose"),
        ("No alcohol withdrawal.", "alcohol-withdrawal"),
    ],
)
def test_a_denied_verb_denies_the_finding(note: str, concept: str) -> None:
    found = {fact.concept: fact.assertion for fact in read_note("n1", note).facts}
    assert found[concept] is Assertion.ABSENT
