"""The base of a floor: findings of this patient, now. Weaker ones ask a person, and make no 1 or 2.

Weak is a possibility that the same notes answer, a disease that somebody fears, and one that a letter or visit note
only names, with no sign, symptom or value of today beside it. Where it cannot be told which, it is not weak.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from bedside.agents.triager.assessment import Reason
from bedside.records import Assertion, ClinicalRecord, DocumentKind, Doubt, Fact, FactKind
from bedside.tools.terminology import Domain, concepts

__all__ = ["doubts_about", "only_named", "weak"]

FEARS = frozenset(
    {
        "worried-about",
        "anxiety-about",
        "thought-he-was-having",
        "thought-it-was",
        "thought-she-was-having",
        "thinks-he-is-having",
        "thinks-she-is-having",
        "thinks-he-has",
        "thinks-she-has",
    }
)
"""Rules of the reader by which a disease is possible because the patient or a relative fears it."""
TELLS_MORE = frozenset(
    {
        DocumentKind.VISIT_NOTE,
        DocumentKind.LETTER,
        DocumentKind.DISCHARGE_SUMMARY,
        DocumentKind.OPERATION_NOTE,
        DocumentKind.ADMINISTRATIVE_QUESTION,
        DocumentKind.ADMINISTRATIVE_TEXT,
    }
)
"""Kinds that tell more than what is wrong now; a triage line or a report names a disease because it is there."""
EVENTS = frozenset({"anaphylaxis"})
"""Symptoms that are the name of a disease."""
BRIEF = 1
"""A note of so many clinical sentences says what it is about."""


def weak(record: ClinicalRecord) -> Mapping[str, str]:
    """Return the facts that carry no floor, each with its question to a person."""
    denied = {(fact.evidence.document, fact.concept) for fact in record.facts if fact.assertion is Assertion.ABSENT}
    asked = {}
    for fact in record.of_kind(FactKind.PROBLEM):
        if fact.assertion is not Assertion.POSSIBLE or fact.concept is None:
            continue
        if (fact.evidence.document, fact.concept) in denied:
            asked[fact.id] = "was asked about, and the same notes answer: no"
        elif fact.why in FEARS and fact.concept in _diseases():
            asked[fact.id] = "is feared: is there a sign of it?"
    return asked


def only_named(
    record: ClinicalRecord, reasons: Sequence[Reason], emergency: int
) -> tuple[list[Reason], list[Doubt]]:
    """Return the reasons without those on nothing but the name of a disease, and the questions instead.

    Args:
        record: Of which they are.
        reasons: All that were found.
        emergency: Up to this urgency a name alone is not enough.
    """
    facts = {fact.id: fact for fact in record.facts}
    top = [reason for reason in reasons if reason.urgency <= emergency]
    named = {fact for reason in top for fact in reason.facts}
    if not top or not all(_is_a_name(reason.facts, facts) for reason in top):
        return list(reasons), []
    beside = any(not _is_a_name(reason.facts, facts) and not named.issuperset(reason.facts) for reason in reasons)
    if beside or record.clinical_sentences <= BRIEF or any(_is_open(facts[fact], record) for fact in named):
        return list(reasons), []
    doubts = {
        facts[fact].display: Doubt(message=f"{_begun(facts[fact])} is named: of whom, and when?", facts=(fact,))
        for reason in top
        for fact in reason.facts
    }
    return [reason for reason in reasons if reason.urgency > emergency], list(doubts.values())


def doubts_about(facts: Iterable[Fact], asked: Mapping[str, str]) -> list[Doubt]:
    """Return the questions about weak facts, each name once."""
    told = {fact.display: fact for fact in facts if fact.id in asked}
    return [Doubt(message=f"{_begun(fact)} {asked[fact.id]}", facts=(fact.id,)) for fact in told.values()]


def _begun(fact: Fact) -> str:
    return fact.display[:1].upper() + fact.display[1:]


def _is_open(fact: Fact, record: ClinicalRecord) -> bool:
    """True if a name is more than that: an open possibility, dated, or in a text about now alone."""
    kind = record.kinds.get(fact.evidence.document)
    return fact.assertion is Assertion.POSSIBLE or fact.onset is not None or kind not in TELLS_MORE


def _is_a_name(ids: Sequence[str], facts: Mapping[str, Fact]) -> bool:
    return bool(ids) and all(one in facts and facts[one].concept in _diseases() for one in ids)


@cache
def _diseases() -> frozenset[str]:
    return EVENTS | {known.key for known in concepts() if known.domain is Domain.PROBLEM}
