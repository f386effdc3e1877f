"""Search queries: from a record to a few of them.

A query is displays of the code tables and the fixed words of its template: no age, no sex, no measured value, nor
any word of the note. Nothing in a note can add to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bedside.agents.triager import Assessment
from bedside.boundary import Coded, Draft, Heading, Vocabulary
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind
from bedside.tools.terminology import is_chronic

__all__ = ["queries"]


def queries(record: ClinicalRecord, assessment: Assessment | None = None) -> list[Draft]:
    """Compose at most three queries: guidelines on the leading problem and on the first lasting one, and the first
    two drugs together.

    The problem on which the urgency rests leads; without one, the first of the note.
    """
    vocabulary = Vocabulary.installed()
    known = [
        fact
        for fact in record.facts
        if fact.concept and fact.assertion is Assertion.PRESENT and vocabulary.has_phrase(fact.display)
    ]
    places = [fact for reason in (assessment.reasons if assessment else ()) for fact in reason.facts]
    problems = _different(fact for fact in known if fact.kind is FactKind.PROBLEM)
    problems.sort(key=lambda fact: places.index(fact.id) if fact.id in places else len(places))
    lasting = [fact for fact in problems[1:] if is_chronic(fact.concept)]
    drugs = _different(fact for fact in known if _is_used(fact))
    drafts = [_query("search/guideline", fact) for fact in problems[:1] + lasting[:1]]
    if len(drugs) > 1:
        drafts.append(_query("search/interaction", *drugs[:2]))
    return drafts


def _is_used(fact: Fact) -> bool:
    stopped = fact.medication is not None and fact.medication.status == "stopped"
    return fact.kind is FactKind.MEDICATION and not stopped


def _different(facts: Iterable[Fact]) -> list[Fact]:
    """The first of each display."""
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.display, fact)
    return list(first.values())


def _query(template: str, *facts: Fact) -> Draft:
    slots = tuple(Coded(heading=Heading.QUERY, display=fact.display, fact=fact.id) for fact in facts)
    return Draft(template=template, slots=slots)
