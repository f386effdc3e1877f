"""Slots from facts: a display of a code table, a number, remarks of a closed list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import get_args

from bedside.agents.reader.vocabulary import vocabulary as sites
from bedside.boundary import AgeBand, Budget, Coded, Heading, Measured, Remark, Sex, Slot, Vocabulary
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind, Moment, Patient
from bedside.tools.terminology import Domain, concept

__all__ = ["heading_of", "identifying", "is_measured", "is_shown", "name_of", "slots_of"]

_PROBLEM_HEADINGS = {
    Assertion.PRESENT: Heading.PRESENT,
    Assertion.POSSIBLE: Heading.POSSIBLE,
    Assertion.ABSENT: Heading.ABSENT,
    Assertion.HISTORICAL: Heading.HISTORY,
}
_KIND_HEADINGS = {
    FactKind.MEDICATION: Heading.MEDICATIONS,
    FactKind.ALLERGY: Heading.ALLERGIES,
    FactKind.VITAL: Heading.VITAL_SIGNS,
    FactKind.LAB: Heading.LABORATORY,
    FactKind.PROCEDURE: Heading.PROCEDURES,
    FactKind.FAMILY: Heading.FAMILY,
}
_STATES: dict[tuple[str | None, str | None], Remark] = {
    # Vital signs that are no number: concept and value to what is said of them.
    ("inhaled-oxygen", "air"): "on air",
    ("inhaled-oxygen", "oxygen"): "on oxygen",
    ("consciousness", "A"): "alert",
    ("consciousness", "C"): "new confusion",
    ("consciousness", "V"): "responds to voice",
    ("consciousness", "P"): "responds to pain",
    ("consciousness", "U"): "unresponsive",
}
_SINCE = re.compile(r"(?i)\b(minute|min|hour|hr|day|week|wk|month|mo|year|yr)s?\b")
_UNITS: dict[str, Remark] = {
    "min": "for minutes",
    "minute": "for minutes",
    "hr": "for hours",
    "hour": "for hours",
    "day": "for days",
    "wk": "for weeks",
    "week": "for weeks",
    "mo": "for months",
    "month": "for months",
    "yr": "for years",
    "year": "for years",
}
_SPANS: tuple[tuple[int, Remark], ...] = (
    (1, "for hours"),
    (14, "for days"),
    (60, "for weeks"),
    (730, "for months"),
)
"""Fewer days than this: so long."""
_PARTS: dict[str, Remark] = {"7": "for days", "52": "for weeks", "12": "for months"}
"""British shorthand: 3/7 is three days, 3/52 three weeks, 3/12 three months."""
_PART = re.compile(r"\b\d{1,2}/(7|52|12)\b(?!/)")
_TODAY = re.compile(r"(?i)\b(today|tonight|this (morning|afternoon|evening)|last night|overnight)\b")


def heading_of(fact: Fact) -> Heading | None:
    """Under which heading a fact is shown, or `None` for one that no question shows."""
    if fact.kind is FactKind.PROBLEM:
        return _PROBLEM_HEADINGS.get(fact.assertion)
    if fact.kind in (FactKind.MEDICATION, FactKind.ALLERGY) and fact.assertion is Assertion.ABSENT:
        return None
    if fact.kind in (FactKind.VITAL, FactKind.LAB) and fact.assertion is Assertion.HISTORICAL:
        return None  # a slot has no day: a value of another one would read as today's
    return _KIND_HEADINGS.get(fact.kind)


def is_measured(fact: Fact) -> bool:
    """True if a fact is a value that a slot can hold; one of six digits stays local, as any long number does."""
    if fact.kind not in (FactKind.VITAL, FactKind.LAB) or fact.quantity is None:
        return False
    return 0 <= fact.quantity.value < 100_000 and len(fact.quantity.value.as_tuple().digits) <= 7


def is_shown(fact: Fact) -> bool:
    """True if a vital sign can be shown with its value, be it a number or a word of a closed list."""
    return is_measured(fact) or (fact.concept, fact.text_value) in _STATES


def slots_of(facts: Iterable[Fact], visited: str | None) -> list[Slot]:
    """The slots of facts that have a heading, in the order of the headings.

    Args:
        visited: The day of the visit, ISO 8601; tells how long ago a dated onset was.
    """
    order = list(Heading)
    shown = [(heading, fact) for fact in facts if (heading := heading_of(fact)) is not None]
    return [_slot(heading, fact, visited) for heading, fact in sorted(shown, key=lambda pair: order.index(pair[0]))]


def _slot(heading: Heading, fact: Fact, visited: str | None) -> Slot:
    if is_measured(fact) and fact.quantity is not None:
        quantity = fact.quantity
        return Measured(
            heading=heading, display=fact.display, value=quantity.value, unit=quantity.unit, fact=fact.id
        )
    display, site = name_of(fact) or (fact.display, "")
    return Coded(heading=heading, display=display, site=site, fact=fact.id, remarks=_remarks(fact, visited))


def name_of(fact: Fact) -> tuple[str, str] | None:
    """The display of a code table by which a fact is shown, and its site; `None` where no table knows it.

    "finger pain" stands in no table, but "pain" and "finger" do.
    """
    known = Vocabulary.installed().has_phrase
    if fact.concept is None:
        return None
    if known(fact.display):
        return fact.display, ""
    for domain in (Domain.SYMPTOM, Domain.PROBLEM):
        try:
            base = concept(domain, fact.concept).display
        except KeyError:
            continue
        if known(base):
            words = fact.display.split()
            # "knee effusion" is a joint effusion at the knee.
            return base, _site(words[: -len(base.split())] if fact.display.endswith(base) else words[:-1])
    return None


def _site(words: Sequence[str]) -> str:
    """The longest site with which the words end."""
    runs = (" ".join(words[start:]) for start in range(len(words)))
    return next((run for run in runs if run.casefold() in _sites()), "")


@lru_cache(maxsize=1)
def _sites() -> frozenset[str]:
    return frozenset(site.casefold() for site in sites().phrases)


def _remarks(fact: Fact, visited: str | None) -> tuple[Remark, ...]:
    if (state := _STATES.get((fact.concept, fact.text_value))) is not None:
        return (state,)
    if fact.kind in (FactKind.MEDICATION, FactKind.PROCEDURE):
        status = fact.medication.status if fact.medication else ""
        return ("planned",) if fact.assertion is Assertion.HYPOTHETICAL or status == "planned" else ()
    if fact.kind is FactKind.LAB:
        return tuple(one for one in get_args(Remark) if one == fact.interpretation)
    if fact.kind is not FactKind.PROBLEM or fact.assertion not in (Assertion.PRESENT, Assertion.POSSIBLE):
        return ()
    said = (fact.laterality, fact.severity, _since(fact.onset, visited) if fact.onset else None)
    # "left knee pain (left)" says nothing twice.
    return tuple(one for one in get_args(Remark) if one in said and one not in fact.display.split())


def _since(onset: Moment, visited: str | None) -> Remark | None:
    if found := _SINCE.search(onset.text):
        return _UNITS[found[1].casefold()]
    if found := _PART.search(onset.text):
        return _PARTS[found[1]]
    if "yesterday" in onset.text.casefold():
        return "for days"
    if _TODAY.search(onset.text):
        return "for hours"
    try:
        days = (date.fromisoformat(visited or "") - date.fromisoformat(onset.date or "")).days
    except ValueError:  # a year or a month, or no day of the visit
        return None
    return next((remark for most, remark in _SPANS if days < most), "for years") if days >= 0 else None


def identifying(
    record: ClinicalRecord, facts: Sequence[Fact], vocabulary: Vocabulary
) -> tuple[tuple[Slot, ...], frozenset[str]]:
    """Return what may identify the patient in all questions of a case together, within the budget.

    Age and sex are told as exactly as the rare conditions leave room for; a rare condition for which there is no
    room even without them stays at home.

    Returns:
        The slots for age and sex, and the ids of the facts that stay.
    """
    choices = _patient(record.patient)
    kept: list[Slot] = []
    stay: set[str] = set()
    present_first = sorted(facts, key=lambda fact: fact.assertion is not Assertion.PRESENT)
    for fact in present_first:
        if not vocabulary.rarity(fact.display) or heading_of(fact) is None:
            continue
        slot = Coded(heading=Heading.PRESENT, display=fact.display)
        fitting = [
            choice for choice in choices if not Budget(vocabulary).with_slots([*choice, *kept, slot]).is_overdrawn
        ]
        if fitting:
            choices = fitting
            kept.append(slot)
        else:
            stay.add(fact.id)
    return choices[0], frozenset(stay)


def _patient(patient: Patient) -> list[tuple[Slot, ...]]:
    """Ways to tell age and sex, the most exact first."""
    sex: tuple[Slot, ...] = ()
    if patient.sex == "male" or patient.sex == "female":
        sex = (Sex(value=patient.sex),)
    if patient.age_years is None:
        return [sex, ()]
    exact, wide = AgeBand.of(patient.age_years), AgeBand.wide(patient.age_years)
    return [(*sex, exact), (*sex, wide), (wide,), ()]
