"""Every kind of fact goes through the same gate: what says no, may be or another's says so of all. Synthetic."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

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


READER = Path(str(files("bedside.agents.reader")))
SAYS = READER / "modify"


def _names(file: Path) -> set[str]:
    """All names that a file of the reader imports."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in nodes for alias in node.names}


def _calls(file: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return {node.func.id for node in nodes if isinstance(node.func, ast.Name)}


@pytest.mark.parametrize("file", sorted((READER / "extract").glob("*.py")), ids=lambda file: file.stem)
def test_no_extractor_says_how_a_thing_is_meant(file: Path) -> None:
    assert "Assertion" not in _names(file), "what is absent, possible, past or planned is said in modify/"
    assert "Fact" not in _calls(file), "facts are made in facts.py"


def test_that_test_would_see_it() -> None:
    assert "Assertion" in _names(SAYS / "problem.py")
    assert "Fact" in _calls(READER / "facts.py")


@pytest.mark.parametrize(
    ("text", "thing", "why"),
    [
        ("Denies chest pain.", "chest pain", "denies"),
        ("Chest pain: no.", "chest pain", "answered-no"),
        ("Pneumonia in 2015.", "pneumonia", "dated-past"),
        ("Impression: ?pneumonia", "pneumonia", "question-mark"),
        ("He has chest pain.", "chest pain", ""),
    ],
)
def test_a_fact_names_the_rule_that_spoke(text: str, thing: str, why: str) -> None:
    (fact,) = (fact for fact in read_note("d1", text).facts if fact.display == thing)
    assert fact.why == why
