"""The effect of a document's form on the facts that were read from it.

A leaflet tells of nobody, and what is written in another language was not understood.
"""

from __future__ import annotations

from bedside.agents.reader.document.kinds import is_sure, kind_of_document
from bedside.agents.reader.document.language import ENGLISH, UNKNOWN, language_of
from bedside.agents.reader.modify.by_kind import by_kind
from bedside.records import Assertion, ClinicalRecord, DocumentKind, Evidence, Fact, FactKind, Issue
from bedside.tools.terminology import Domain, concepts

__all__ = ["NO_PATIENT", "OTHER_LANGUAGE", "with_form"]

OTHER_LANGUAGE = "other-language"
NO_PATIENT = "no-patient"
_NUMBERS = (FactKind.VITAL, FactKind.LAB)
"""Read by their numbers: these are the same in every language of Europe."""
_TELLS_OF_NOBODY = (
    DocumentKind.LEAFLET,
    DocumentKind.ADMINISTRATIVE_QUESTION,
    DocumentKind.ADMINISTRATIVE_TEXT,
    DocumentKind.TEACHING_TEXT,
)


def with_form(record: ClinicalRecord, document: str, text: str) -> ClinicalRecord:
    """A record of one document with its kind, without the facts that its form takes away, and with the reason."""
    kind = kind_of_document(text)
    record = _with(record, tuple(fact for fact in record.facts if not _is_a_name(fact, record)))
    record = record.model_copy(update={"kinds": {document: kind}})
    language = language_of(text)
    if language.name not in (ENGLISH, UNKNOWN):
        part = "It" if language.whole else "A passage of it"
        issue = Issue(
            code=OTHER_LANGUAGE,
            message=f"The note does not read as English. {part} looks like {language.name} and was not understood.",
            evidence=Evidence(document=document, start=language.start, end=language.end),
        )
        kept = tuple(fact for fact in record.facts if not language.whole or _is_measured(fact))
        return _with(record, kept, issue)
    if kind in _TELLS_OF_NOBODY and not (
        kind is DocumentKind.ADMINISTRATIVE_QUESTION and any(map(_is_complaint, record.facts))
    ):
        issue = Issue(
            code=NO_PATIENT,
            message=f"The text reads as {_article(kind)}: what it names was not taken as a patient's.",
            evidence=Evidence(document=document, start=0, end=len(text)),
        )
        # A scenario has invented numbers; elsewhere a number may be somebody's all the same.
        invented = kind is DocumentKind.TEACHING_TEXT
        return _with(record, tuple(fact for fact in record.facts if _is_measured(fact) and not invented), issue)
    return by_kind(record, document, text, kind) if is_sure(text, kind) else record


def _with(record: ClinicalRecord, facts: tuple[Fact, ...], *issues: Issue) -> ClinicalRecord:
    """The record with these facts alone, and the issues before those that still have a fact."""
    ids = {fact.id for fact in facts}
    others = [one for one in record.issues if not one.facts or ids.intersection(one.facts)]
    return record.model_copy(update={"facts": facts, "issues": (*issues, *others)})


def _is_a_name(fact: Fact, record: ClinicalRecord) -> bool:
    """True if a fact is on the patient's own name: "Name: Anna AAA" is no aneurysm."""
    at = fact.evidence
    return any(
        name.document == at.document and name.start <= at.start and at.end <= name.end
        for name in record.patient.names
    )


def _is_measured(fact: Fact) -> bool:
    return fact.kind in _NUMBERS and fact.assertion is Assertion.PRESENT


def _is_complaint(fact: Fact) -> bool:
    symptoms = {known.key for known in concepts() if known.domain is Domain.SYMPTOM}
    return fact.kind is FactKind.PROBLEM and fact.concept in symptoms


def _article(kind: DocumentKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"
