"""Every kind of fact goes through the same gate: what says no, may be or another's says so of all. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import Assertion, Fact, FactKind

THINGS = {
    "symptom": ("has chest pain", "chest pain"),
    "disease": ("has pneumonia", "pneumonia"),
    "drug": ("takes warfarin", "warfarin"),
    "allergy": ("is allergic to penicillin", "allergic to penicillin"),
    "vaccine": ("had a flu vaccine", "flu vaccine"),
    "operation": ("had an appendectomy", "appendectomy"),
    "oxygen": ("is on oxygen", "on oxygen"),
    "consciousness": ("is confused", "confused"),
    "tobacco": ("is a current smoker", "current smoker"),
    "pregnancy": ("is pregnant", "pregnant"),
}
"""For each kind of fact what somebody does, and the thing."""

SAID_OF_IT = {
    "denied": "Denies {thing}.",
    "no": "No {thing}.",
    "never": "Never {thing}.",
    "answered": "{thing}: no.",
    "asked": "{thing}? No.",
    "box": "[ ] {thing}",
    "conditional": "Return to ED if {thing}.",
    "brother's": "Brother {does}.",
}
NOT_SAID = {("oxygen", "brother's"), ("consciousness", "brother's"), ("pregnancy", "brother's")}
"""A son who says "mum is confused" speaks of the patient: these stay, and a person sees whose they are."""

DENIALS = frozenset({"non-smoker", "never smoker", "no alcohol", "no drug use"})


def _counts(fact: Fact) -> bool:
    """Whether a fact says that the patient has the thing now."""
    if fact.kind is FactKind.FAMILY or fact.text_value in DENIALS or fact.display == "no known allergies":
        return False
    in_use = fact.medication is None or fact.medication.status == "active"
    return in_use and fact.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(kind, said) for kind in THINGS for said in SAID_OF_IT if (kind, said) not in NOT_SAID],
)
def test_what_is_not_the_patients_now_is_read_so_of_every_kind(kind: str, said: str) -> None:
    does, thing = THINGS[kind]
    record = read_note("d1", "45 year old man. " + SAID_OF_IT[said].format(does=does, thing=thing))
    assert [fact.display for fact in record.facts if _counts(fact)] == []
    assert record.patient.pregnant is not True


@pytest.mark.parametrize("kind", THINGS)
def test_stated_it_is_read(kind: str) -> None:
    record = read_note("d1", f"45 year old woman. She {THINGS[kind][0]}.")
    assert record.patient.pregnant if kind == "pregnancy" else len(record.facts) > 0
