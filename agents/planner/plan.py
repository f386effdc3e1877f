"""From a record to the questions that the local side cannot answer itself.

Every slot is coded: an age band, the sex, displays of the code tables, numbers. No word of the note goes into a
draft, so that nothing in a note can add to a question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bedside.boundary import AgeBand, Coded, Draft, Heading, Measured, Sex, Slot, Vocabulary
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind

__all__ = ["plan"]

MOST_FACTS = 12
"""Most facts of one kind in a question: the minimum necessary, and what a 4B model still reads with care."""

_PROBLEM_HEADINGS = {
    Assertion.PRESENT: Heading.PRESENT,
    Assertion.POSSIBLE: Heading.POSSIBLE,
    Assertion.ABSENT: Heading.ABSENT,
    Assertion.HISTORICAL: Heading.HISTORY,
}


@dataclass(frozen=True, slots=True)
class _Need:
    """Which facts a question needs.

    Attributes:
        template: The prompt template.
        shows: Whether a fact is needed.
        unless: Whether the question makes no sense with these facts.
    """

    template: str
    shows: Callable[[Fact], bool]
    enough: Callable[[list[Fact]], bool]


def _is_finding(fact: Fact) -> bool:
    return fact.kind is FactKind.PROBLEM and fact.assertion in _PROBLEM_HEADINGS


def _is_positive(fact: Fact) -> bool:
    return fact.kind is FactKind.PROBLEM and fact.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)


def _is_measured(fact: Fact) -> bool:
    """Whether a fact is a value that a slot can hold; one of six digits stays at home, as any long number does."""
    if fact.kind not in (FactKind.VITAL, FactKind.LAB) or fact.quantity is None:
        return False
    return 0 <= fact.quantity.value < 100_000 and len(fact.quantity.value.as_tuple().digits) <= 7


def _is_used(fact: Fact) -> bool:
    stopped = fact.medication is not None and fact.medication.status == "stopped"
    return fact.kind is FactKind.MEDICATION and not stopped and fact.assertion is not Assertion.ABSENT


def _is_allergy(fact: Fact) -> bool:
    return fact.kind is FactKind.ALLERGY and fact.assertion is Assertion.PRESENT


# Most important first: a limit on the number of questions cuts from the end.
_NEEDS = (
    _Need(
        "consult/danger",
        lambda fact: _is_finding(fact) or (fact.kind is FactKind.VITAL and _is_measured(fact)),
        lambda facts: any(map(_is_positive, facts)) or any(map(_is_measured, facts)),
    ),
    _Need(
        "consult/differential",
        lambda fact: _is_finding(fact) or _is_measured(fact),
        lambda facts: any(map(_is_positive, facts)),
    ),
    _Need(
        "consult/medicines",
        lambda fact: _is_used(fact) or _is_allergy(fact) or _is_positive(fact),
        lambda facts: any(map(_is_used, facts)) and len(facts) > 1,
    ),
    _Need(
        "consult/tests",
        lambda fact: _is_positive(fact) or _is_measured(fact) or fact.kind is FactKind.PROCEDURE,
        lambda facts: any(map(_is_positive, facts)),
    ),
)


def plan(record: ClinicalRecord) -> list[Draft]:
    """Compose the questions of a case, most important first.

    A fact stays at home, whatever the question, if no table knows it, or if its display holds a word that is
    also a name ("Kallmann syndrome"): the boundary would refuse the whole question for it.
    """
    vocabulary = Vocabulary.installed()
    known = [fact for fact in record.facts if fact.concept and vocabulary.has_phrase(fact.display)]
    drafts = []
    for need in _NEEDS:
        shown = _limited(fact for fact in known if need.shows(fact))
        slots = [*_patient(record), *_slots(shown)]
        if not need.enough(shown):
            continue
        ids = {fact.id for fact in shown}
        drafts.append(
            Draft(
                template=need.template,
                slots=tuple(slots),
                facts=tuple(ids),
                withheld=tuple(fact.id for fact in record.facts if fact.id not in ids),
            )
        )
    return drafts


def _limited(facts: Iterable[Fact]) -> list[Fact]:
    """At most `MOST_FACTS` of each heading, and each concept once under it."""
    seen: dict[Heading, set[str]] = {}
    kept = []
    for fact in facts:
        names = seen.setdefault(_heading(fact), set())
        if fact.display not in names and len(names) < MOST_FACTS:
            names.add(fact.display)
            kept.append(fact)
    return kept


def _patient(record: ClinicalRecord) -> list[Slot]:
    slots: list[Slot] = []
    if record.patient.sex == "male" or record.patient.sex == "female":
        slots.append(Sex(value=record.patient.sex))
    if (years := record.patient.age_years) is not None:
        slots.append(AgeBand.of(years))
    return slots


def _slots(facts: list[Fact]) -> list[Slot]:
    order = list(Heading)
    slots: list[Slot] = []
    for fact in sorted(facts, key=lambda fact: order.index(_heading(fact))):
        heading = _heading(fact)
        if fact.quantity is not None and heading in (Heading.VITAL_SIGNS, Heading.LABORATORY):
            value, unit = fact.quantity.value, fact.quantity.unit
            slots.append(Measured(heading=heading, display=fact.display, value=value, unit=unit))
        else:
            slots.append(Coded(heading=heading, display=fact.display))
    return slots


def _heading(fact: Fact) -> Heading:
    if fact.kind is FactKind.PROBLEM:
        return _PROBLEM_HEADINGS[fact.assertion]
    return {
        FactKind.MEDICATION: Heading.MEDICATIONS,
        FactKind.ALLERGY: Heading.ALLERGIES,
        FactKind.VITAL: Heading.VITAL_SIGNS,
        FactKind.LAB: Heading.LABORATORY,
        FactKind.PROCEDURE: Heading.COURSE,
    }[fact.kind]
