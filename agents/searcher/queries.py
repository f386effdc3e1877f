"""From a record to a few queries for a search engine.

A query is displays of the code tables and the fixed words of its template: no age, no sex, no number, and no word
of the note. Nothing in a note can add to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bedside.agents.triager import Assessment
from bedside.boundary import Coded, Draft, Heading, Vocabulary
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind

__all__ = ["queries"]

MOST_GUIDELINES = 2


def queries(record: ClinicalRecord, assessment: Assessment | None = None) -> list[Draft]:
    """Compose at most three queries: guidelines on the two leading problems, and the first two drugs together.

    The problems on which the urgency rests lead, in the order of its reasons; the others follow.
    """
    vocabulary = Vocabulary.installed()
    known = [
        fact
        for fact in record.facts
        if fact.concept and fact.assertion is Assertion.PRESENT and vocabulary.has_phrase(fact.display)
    ]
    places = [fact for reason in (assessment.reasons if assessment else ()) for fact in reason.facts]
    problems = [fact for fact in known if fact.kind is FactKind.PROBLEM]
    problems.sort(key=lambda fact: places.index(fact.id) if fact.id in places else len(places))
    drugs = _different(fact for fact in known if _is_used(fact))
    drafts = [_query("search/guideline", fact) for fact in _different(problems)[:MOST_GUIDELINES]]
    if len(drugs) > 1:
        drafts.append(_query("search/interaction", *drugs[:2]))
    return drafts


def _is_used(fact: Fact) -> bool:
    stopped = fact.medication is not None and fact.medication.status == "stopped"
    return fact.kind is FactKind.MEDICATION and not stopped


def _different(facts: Iterable[Fact]) -> list[Fact]:
    """Each display once."""
    return list({fact.display: fact for fact in reversed(list(facts))}.values())[::-1]


def _query(template: str, *facts: Fact) -> Draft:
    slots = tuple(Coded(heading=Heading.QUERY, display=fact.display, fact=fact.id) for fact in facts)
    return Draft(template=template, slots=slots)
