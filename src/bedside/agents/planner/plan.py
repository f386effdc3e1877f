"""The plan of questions: from a record to those that the local side cannot answer itself.

Every slot is coded: an age band, the sex, displays of the code tables, numbers, remarks of a closed list. No word
of the note goes into a draft, so that nothing in a note can add to a question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bedside.agents.planner.slots import heading_of, identifying, is_measured, is_shown, name_of, slots_of
from bedside.boundary import Coded, Draft, Heading, Stayed, Vocabulary, Withheld
from bedside.errors import InputError
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind, FactNeed
from bedside.tools.scores import news2
from bedside.tools.terminology import is_chronic

__all__ = ["QUESTIONS", "extend", "plan"]

MOST: Mapping[Heading, int] = {
    # Most facts under a heading: the minimum necessary, and what a 4B model still reads with care.
    Heading.POSSIBLE: 4,
    Heading.ABSENT: 6,
    Heading.HISTORY: 4,
    Heading.FAMILY: 4,
    Heading.MEDICATIONS: 15,
    Heading.ALLERGIES: 6,
    Heading.VITAL_SIGNS: 7,
    Heading.LABORATORY: 8,
    Heading.PROCEDURES: 4,
}
MOST_COMPLAINTS, MOST_LASTING = 12, 6
"""The limits on present facts: today's complaints, and lasting diseases beside them."""
NOTABLE: Mapping[str, str] = {
    # Concept key of a vital sign to its parameter of NEWS2: what scores there is notable.
    "respiration-rate": "respiration_rate",
    "spo2": "spo2",
    "systolic-blood-pressure": "systolic",
    "heart-rate": "pulse",
    "temperature": "temperature",
}
WITH_DRUGS = frozenset(
    {
        # Values that decide on doses and contraindications (BNF, prescribing in renal and hepatic impairment).
        *(
            "creatinine",
            "creatinine-clearance",
            "egfr",
            "potassium",
            "sodium",
            "inr",
            "alt",
            "ast",
            "total-bilirubin",
            "platelet-count",
        ),
        *("tsh", "magnesium", "lithium-level", "digoxin-level"),
    }
)


def _is_finding(fact: Fact) -> bool:
    return fact.kind is FactKind.PROBLEM and heading_of(fact) is not None


def _is_positive(fact: Fact) -> bool:
    return fact.kind is FactKind.PROBLEM and fact.assertion in (Assertion.PRESENT, Assertion.POSSIBLE)


def _is_lasting(fact: Fact) -> bool:
    return _is_positive(fact) and (is_chronic(fact.concept) or "pregnan" in fact.display)


def _is_vital(fact: Fact) -> bool:
    # The diastolic pressure decides nothing that the systolic one does not (NEWS2, ESI).
    return fact.kind is FactKind.VITAL and is_shown(fact) and fact.concept != "diastolic-blood-pressure"


def _is_notable(fact: Fact) -> bool:
    """True if a measurement is worth a slot: a laboratory result, or a vital sign that NEWS2 scores."""
    if fact.kind is FactKind.LAB:
        told = fact.interpretation in ("high", "low", "abnormal")
        return told or (is_measured(fact) and fact.interpretation != "normal")
    if not _is_vital(fact):
        return False
    if fact.quantity is None:
        return fact.text_value not in ("A", "air")
    parameter = NOTABLE.get(fact.concept or "")
    if parameter is None:
        return True
    values: dict[str, Decimal | None] = dict.fromkeys(NOTABLE.values())
    celsius = fact.quantity.unit != "[degF]"
    values[parameter] = fact.quantity.value if celsius else (fact.quantity.value - 32) * 5 / 9
    try:
        score = news2(**values, spo2_scale=None, on_oxygen=None, consciousness=None)
    except InputError:  # no living person's value
        return True
    return score.parts[parameter] != 0


def _is_used(fact: Fact) -> bool:
    stopped = fact.medication is not None and fact.medication.status == "stopped"
    return fact.kind is FactKind.MEDICATION and not stopped and fact.assertion is not Assertion.ABSENT


def _is_allergy(fact: Fact) -> bool:
    return fact.kind is FactKind.ALLERGY and fact.assertion is Assertion.PRESENT


@dataclass(frozen=True, slots=True)
class _Need:
    """The facts that a question needs, its condition, and its limit of today's complaints."""

    shows: Callable[[Fact], bool]
    makes_sense: Callable[[Sequence[Fact]], bool]
    most_complaints: int = MOST_COMPLAINTS


def _any_positive(facts: Sequence[Fact]) -> bool:
    return any(map(_is_positive, facts))


_NEEDS: Mapping[str, _Need] = {
    # Most important first: a limit on the number of questions cuts from the end.
    "consult/danger": _Need(
        lambda fact: _is_finding(fact) or _is_vital(fact),
        lambda facts: _any_positive(facts) or any(map(_is_notable, facts)),
    ),
    "consult/differential": _Need(lambda fact: _is_finding(fact) or _is_notable(fact), _any_positive),
    "consult/medicines": _Need(
        lambda fact: (
            _is_used(fact)
            or _is_allergy(fact)
            or _is_positive(fact)
            or (fact.concept in WITH_DRUGS and is_measured(fact))
        ),
        lambda facts: any(map(_is_used, facts)) and len(facts) > 1,
        most_complaints=4,
    ),
    "consult/tests": _Need(
        lambda fact: _is_positive(fact) or _is_notable(fact) or fact.kind is FactKind.PROCEDURE, _any_positive
    ),
    "consult/guideline": _Need(_is_positive, _any_positive, most_complaints=5),
}
QUESTIONS = tuple(_NEEDS)
"""The templates of all questions that are composed of facts, most important first."""

_ASKED_FOR: Mapping[FactNeed, Callable[[Fact], bool]] = {
    FactNeed.MEDICATIONS: _is_used,
    FactNeed.ALLERGIES: _is_allergy,
    FactNeed.VITAL_SIGNS: _is_vital,
    FactNeed.LABORATORY: lambda fact: fact.kind is FactKind.LAB and is_measured(fact),
    FactNeed.PAST_HISTORY: lambda fact: (
        fact.kind is FactKind.PROBLEM and (fact.assertion is Assertion.HISTORICAL or _is_lasting(fact))
    ),
    FactNeed.FAMILY_HISTORY: lambda fact: fact.kind is FactKind.FAMILY,
    FactNeed.PROCEDURES: lambda fact: fact.kind is FactKind.PROCEDURE,
    FactNeed.DENIED_SYMPTOMS: lambda fact: fact.kind is FactKind.PROBLEM and fact.assertion is Assertion.ABSENT,
}


def plan(record: ClinicalRecord, questions: Collection[str] = QUESTIONS, most: int = len(QUESTIONS)) -> list[Draft]:
    """Compose the questions of a case, most important first.

    A fact stays at home, whatever the question, if no table knows it, if its display holds a word that is also a
    name ("Kallmann syndrome": the boundary would refuse the whole question for it), or if it could identify the
    patient together with what else the case's questions say.

    Args:
        record: What is known.
        questions: Templates of those that are wanted, of `QUESTIONS`.
        most: How many questions at most.
    """
    drafts = []
    for template, need in _NEEDS.items():
        wanted = [fact for fact in record.facts if need.shows(fact)]
        draft, shown = _compose(record, template, wanted)
        if template in questions and draft is not None and need.makes_sense(shown):
            drafts.append(draft)
    return drafts[:most]


def extend(draft: Draft, record: ClinicalRecord, kind: FactNeed) -> Draft | None:
    """The same question with the facts of one more kind, or `None` where the record holds no more of it to show."""
    wanted = [fact for fact in record.facts if fact.id in draft.facts or _ASKED_FOR[kind](fact)]
    fuller, _ = _compose(record, draft.template, wanted)
    return fuller if fuller is not None and set(fuller.facts) > set(draft.facts) else None


def _compose(record: ClinicalRecord, template: str, wanted: Sequence[Fact]) -> tuple[Draft | None, list[Fact]]:
    """A question with the facts that are wanted, as far as they may be shown."""
    vocabulary = Vocabulary.installed()
    known = [fact for fact in record.facts if name_of(fact) is not None]
    patient, identifying_facts = identifying(record, known, vocabulary)
    why: dict[str, Stayed] = {fact.id: Stayed.NOT_NEEDED for fact in record.facts}
    why |= {fact.id: Stayed.NO_TABLE for fact in wanted}
    shown: list[Fact] = []
    allowed = {fact.id for fact in known}
    for fact in _most_telling(fact for fact in wanted if fact.id in allowed):
        if fact.id in identifying_facts:
            why[fact.id] = Stayed.BUDGET
        elif (reason := _stays(fact, shown, _NEEDS[template].most_complaints)) is not None:
            why[fact.id] = reason
        else:
            shown.append(fact)
            del why[fact.id]
    slots = slots_of(shown, record.visited)
    if record.patient.pregnant and not any("pregnan" in fact.display for fact in shown):
        slots.insert(0, Coded(heading=Heading.PRESENT, display="pregnancy"))
    if not slots:
        return None, shown
    withheld = tuple(Withheld(fact=fact, why=reason) for fact, reason in why.items())
    return Draft(template=template, slots=(*patient, *slots), withheld=withheld), shown


def _most_telling(facts: Iterable[Fact]) -> list[Fact]:
    """Today's complaints before lasting diseases; otherwise in the order of the note."""
    return sorted(facts, key=_is_lasting)


def _stays(fact: Fact, shown: Sequence[Fact], most_complaints: int) -> Stayed | None:
    heading = heading_of(fact)
    if heading is None:
        return Stayed.NOT_NEEDED
    beside = [one for one in shown if heading_of(one) is heading]
    if any(one.display == fact.display and one.quantity == fact.quantity for one in beside):
        return Stayed.REPEATED
    if heading is Heading.PRESENT:
        beside = [one for one in beside if _is_lasting(one) is _is_lasting(fact)]
        return Stayed.LIMIT if len(beside) >= (MOST_LASTING if _is_lasting(fact) else most_complaints) else None
    return Stayed.LIMIT if len(beside) >= MOST.get(heading, 0) else None
