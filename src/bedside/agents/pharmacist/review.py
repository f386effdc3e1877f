"""The review of a record's medicines, by rules alone: from the record to doubts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache

from bedside.agents.pharmacist.rules import (
    Severity,
    load_duplicates,
    load_groups,
    load_medicines,
    load_qt,
)
from bedside.agents.triager.readings import read_vitals
from bedside.agents.triager.rules import Patient
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind, Issue
from bedside.tools.terminology import Domain, classes_of, concept, concepts, ingredients_of

__all__ = ["review_medicines"]

TAKEN_OR_ONCE = (Assertion.PRESENT, Assertion.POSSIBLE, Assertion.HISTORICAL)
"""Diseases that count even when past: an earlier thrombosis is a reason against estrogen."""

LABS = frozenset({"egfr"})
"""Laboratory values that rules compare unchanged; the others are converted to one unit as for triage."""

_QT = "More than one drug that prolongs the QT interval: an ECG"
_KINDS = {
    "interaction": "drug-interaction",
    "contraindication": "contraindication",
    "allergy": "allergy-drug-conflict",
}


def review_medicines(record: ClinicalRecord) -> tuple[list[Issue], list[str]]:
    """Check the medicines of a record against each other, its diseases, values, allergies and patient.

    Drugs that are taken or planned count; stopped ones do not. The tables are short: a review without a finding is
    not a safe list.

    Returns:
        The doubts, conflicts with an allergy first and then the gravest, each with the facts that it rests on; and
        what could not be checked.
    """
    drugs = [fact for fact in record.facts if _is_used(fact)]
    keys = _keys(record.facts, drugs)
    patient = Patient(record.patient.age_years, record.patient.pregnant is True or "pregnancy" in keys)
    values = _values(record.facts, patient.age_years)
    # A drug that is both taken and planned is one drug.
    names = {fact.id: fact.concept for fact in record.facts if fact.kind is FactKind.MEDICATION}
    issues = []
    for rule in load_medicines():
        facts = rule.condition.match(keys, values, patient)
        if facts is not None and len({names.get(fact, fact) for fact in facts}) >= len(rule.condition.facts):
            issues.append(_issue(record, _KINDS[rule.kind], rule.severity, rule.message, rule.source, facts))
    issues += [*_duplicates(record, drugs), *_qt(record, drugs)]
    issues.sort(key=_gravity)
    return _without_weaker(issues), _unchecked(drugs, values, patient)


def _is_used(fact: Fact) -> bool:
    if fact.kind is not FactKind.MEDICATION or fact.assertion in (Assertion.ABSENT, Assertion.HISTORICAL):
        return False
    return fact.medication is None or fact.medication.status != "stopped"


def _keys(facts: Iterable[Fact], drugs: Sequence[Fact]) -> dict[str, list[str]]:
    """Return all keys that a rule may use, with the ids of the facts behind each."""
    keys: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.concept is None:
            continue
        if fact in drugs:
            for name in _names_of(fact.concept):
                keys[name].append(fact.id)
        elif fact.kind is FactKind.ALLERGY and fact.assertion is Assertion.PRESENT:
            for name in _names_of(fact.concept):
                keys[f"allergy:{name}"].append(fact.id)
        elif fact.kind is FactKind.SOCIAL:
            if fact.text_value == "current smoker":
                keys[fact.concept].append(fact.id)
        elif fact.kind is FactKind.PROBLEM and fact.assertion in TAKEN_OR_ONCE:
            keys[fact.concept].append(fact.id)
    return keys


@cache
def _names_of(drug: str) -> tuple[str, ...]:
    """Return the names by which rules know a drug: its key, its ingredients, and their classes and groups."""
    names = dict.fromkeys((drug, *ingredients_of(drug)))
    names |= dict.fromkeys(f"class:{told}" for told in classes_of(drug))
    names |= dict.fromkeys(f"group:{group}" for group, members in load_groups().items() if members & names.keys())
    return tuple(names)


def _class(drug: str) -> str | None:
    try:
        return concept(Domain.MEDICATION, drug).drug_class
    except KeyError:
        return None


def _values(facts: Iterable[Fact], age_years: float | None) -> dict[str, list[tuple[Decimal, tuple[str, ...]]]]:
    measured = [fact for fact in facts if fact.assertion is Assertion.PRESENT and fact.quantity is not None]
    values = dict(read_vitals(measured, age_years, altered=None).values)
    for fact in measured:
        if fact.kind is FactKind.LAB and fact.concept in LABS and fact.quantity is not None:
            values.setdefault(fact.concept or "", []).append((fact.quantity.value, (fact.id,)))
    return values


def _duplicates(record: ClinicalRecord, drugs: Iterable[Fact]) -> Iterable[Issue]:
    by_class: dict[str, dict[str, Fact]] = defaultdict(dict)
    by_ingredient: dict[str, dict[str, Fact]] = defaultdict(dict)
    for drug in drugs:
        if drug.concept is None:
            continue
        drug_class = _class(drug.concept)
        # "NSAIDs" may mean the ibuprofen beside it.
        if drug_class in load_duplicates() and not _names_a_class(drug.concept, drug_class):
            by_class[drug_class or ""].setdefault(drug.concept, drug)
        for ingredient in ingredients_of(drug.concept):
            by_ingredient[ingredient].setdefault(drug.concept, drug)
    for ingredient, found in by_ingredient.items():
        if len(found) > 1:
            message = f"The same ingredient twice: {ingredient.replace('-', ' ')}"
            yield _duplicate(record, "major", message, "BNF: duplicate therapy [K]", found)
    for drug_class, found in by_class.items():
        if len(found) > 1:
            rule = load_duplicates()[drug_class]
            yield _duplicate(record, rule.severity, rule.message, rule.source, found)


def _duplicate(
    record: ClinicalRecord, severity: Severity, message: str, source: str, found: Mapping[str, Fact]
) -> Issue:
    planned = any(drug.assertion is Assertion.HYPOTHETICAL for drug in found.values())
    facts = tuple(drug.id for drug in found.values())
    message = f"{message}{'; one of them is planned' if planned else ''}"
    return _issue(record, "duplicate-therapy", severity, message, source, facts)


def _names_a_class(key: str, drug_class: str | None) -> bool:
    return key == "blood-thinners" or key.removesuffix("s").replace("-", " ") == drug_class


def _qt(record: ClinicalRecord, drugs: Iterable[Fact]) -> Iterable[Issue]:
    found = {drug.concept: drug.id for drug in drugs if drug.concept in load_qt()}
    if len(found) > 1:
        yield _issue(record, "drug-interaction", "major", _QT, "CredibleMeds [K]", tuple(found.values()))


def _issue(
    record: ClinicalRecord, code: str, severity: Severity, message: str, source: str, facts: tuple[str, ...]
) -> Issue:
    """A doubt that shows the first two of the things that it rests on.

    FHIR's DetectedIssue has one word for what may never be together and what is to be avoided: the message tells
    them apart.
    """
    named = {fact.id: fact for fact in record.facts}
    first, last = named[facts[0]].evidence, named[facts[-1]].evidence
    return Issue(
        code=code,
        severity="moderate" if severity == "moderate" else "high",
        message=f"{_NEVER if severity == 'contraindicated' else ''}{message} ({source}).",
        facts=facts,
        evidence=last,
        against=first if first != last else None,
    )


_NEVER = "Contraindicated. "
_ORDER = ("allergy-drug-conflict",)


def _gravity(issue: Issue) -> tuple[bool, bool, bool]:
    """Return the sort key of a doubt: a conflict with an allergy first, then by severity."""
    return issue.code not in _ORDER, not issue.message.startswith(_NEVER), issue.severity != "high"


def _without_weaker(issues: Sequence[Issue]) -> list[Issue]:
    """Without a doubt of the same kind whose facts are all in a graver one: NSAID and ARB are in the triple."""
    kept: list[Issue] = []
    for issue in issues:
        graver = [one for one in kept if one.code == issue.code and set(issue.facts) <= set(one.facts)]
        if not any(_gravity(one) < _gravity(issue) for one in graver):
            kept.append(issue)
    return kept


def _unchecked(
    drugs: Sequence[Fact], values: dict[str, list[tuple[Decimal, tuple[str, ...]]]], patient: Patient
) -> list[str]:
    """Return what a rule on one of the record's drugs needs and the record does not hold."""
    taken = {name for drug in drugs if drug.concept for name in _names_of(drug.concept)}
    asked: dict[str, None] = {}
    for rule in load_medicines():
        drug_groups = [group for group in rule.condition.facts if group & taken]
        if len(drug_groups) < len(rule.condition.facts) or not drug_groups:
            continue
        for comparison in rule.condition.vitals:
            if comparison.name not in values:
                asked[comparison.name] = None
    missing = [f"{_NAMES.get(name, name)} is not stated: what depends on it was not checked" for name in asked]
    if drugs and patient.age_years is None:
        missing.append("the age is not stated: what depends on it was not checked")
    unknown = dict.fromkeys(drug.display for drug in drugs if not _is_in_a_rule(drug))
    if unknown:
        missing.append(f"nothing was checked for {', '.join(unknown)}: no rule knows of it")
    doseless = sum(drug.medication is None or drug.medication.dose is None for drug in drugs)
    if doseless:
        missing.append(f"{doseless} of {len(drugs)} drugs have no dose in the notes; doses were not checked at all")
    elif drugs:
        missing.append("doses were not checked")
    return missing


def _is_in_a_rule(drug: Fact) -> bool:
    return drug.concept is not None and not _asked().isdisjoint(_names_of(drug.concept))


@cache
def _asked() -> frozenset[str]:
    """All drugs, classes and groups that some rule asks for, and what is in a product beside something else."""
    groups = (group for rule in load_medicines() for group in rule.condition.facts)
    rules = {key.removeprefix("allergy:") for group in groups for key in group}
    products = (ingredients_of(one.key) for one in concepts() if one.domain is Domain.MEDICATION)
    parts = {part for inside in products if len(inside) > 1 for part in inside}
    classes = {f"class:{name.replace(' ', '-')}" for name in load_duplicates()}
    return frozenset(rules | load_qt() | parts | classes)


_NAMES = {
    "egfr": "the eGFR",
    "potassium": "potassium",
    "inr": "the INR",
    "platelets": "the platelet count",
    "pulse": "the pulse",
    "systolic": "the systolic pressure",
    "glucose": "glucose",
}
