"""The check that a note was understood well enough for the lack of a red flag to mean something.

Rules can be calm for two reasons: nothing is wrong, or nothing was read. What is told here keeps them apart.
"""

from __future__ import annotations

from bedside.records import Assertion, ClinicalRecord, FactKind

__all__ = ["no_complaint", "not_understood"]

FOREIGN = frozenset({"other-language"})
"""The reader's issues that say that a document is not in a language that it reads."""
NOTHING = "No clinical statement was recognised."
LEAST_READ = 0.5
"""Share of the clinical sentences of which a fact must have come. [K]"""


def not_understood(record: ClinicalRecord) -> str | None:
    """Return the reason why too little was read to be calm, in one sentence; `None` where it is enough."""
    if not record.facts:
        return NOTHING
    if strange := [issue.message for issue in record.issues if issue.code in FOREIGN]:
        return strange[0]
    unread, clinical = len(record.unread), record.clinical_sentences
    if unread and clinical - unread < LEAST_READ * clinical:
        return f"{unread} of {clinical} sentences with clinical words were not read."
    return None


def no_complaint(record: ClinicalRecord) -> bool:
    """True if no problem of today was read: the reason for the visit may be in words that no table holds."""
    today = (Assertion.PRESENT, Assertion.POSSIBLE)
    return not any(fact.assertion in today for fact in record.of_kind(FactKind.PROBLEM))
