"""The record of one case."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NewType

from pydantic import Field

from bedside.records.facts import NONE_KNOWN, Evidence, Fact, FactKind, Frozen
from bedside.records.imaging import Transcribed

__all__ = ["AgeUnit", "CaseId", "ClinicalRecord", "DocumentKind", "Issue", "Patient", "Unverified"]

CaseId = NewType("CaseId", str)
"""The random handle of a case in a case store. It says nothing about the patient."""


class AgeUnit(StrEnum):
    """The UCUM codes of the units in which notes give an age."""

    YEARS = "a"
    MONTHS = "mo"
    WEEKS = "wk"
    DAYS = "d"


class DocumentKind(StrEnum):
    """The kind of a document, as far as its form shows it."""

    TRIAGE_LINE = "triage line"
    VISIT_NOTE = "visit note"
    LETTER = "letter"
    DISCHARGE_SUMMARY = "discharge summary"
    OPERATION_NOTE = "operation note"
    IMAGING_REPORT = "imaging report"
    LABORATORY_REPORT = "laboratory report"
    LEAFLET = "leaflet"
    ADMINISTRATIVE_QUESTION = "administrative question"
    ADMINISTRATIVE_TEXT = "administrative text"
    TEACHING_TEXT = "teaching text"
    HANDOVER = "handover"
    DIALOGUE = "dialogue"
    MESSAGE = "message"


class Patient(Frozen):
    """The patient's identity as the note states it; what is not stated is `None`.

    Attributes:
        age: The age in `age_unit`, as stated.
        sex: FHIR AdministrativeGender, `male` or `female`.
        pregnant: `None` where the note does not say.
        names: Characters that name the patient. They seed the vault.
        birth_date: Characters of the birth date.
        identifiers: Characters of record numbers.
    """

    age: int | None = Field(default=None, ge=0, le=130)
    age_unit: AgeUnit = AgeUnit.YEARS
    age_evidence: Evidence | None = None
    sex: str | None = Field(default=None, pattern=r"^(male|female)$")
    sex_evidence: Evidence | None = None
    pregnant: bool | None = None
    names: tuple[Evidence, ...] = ()
    birth_date: Evidence | None = None
    identifiers: tuple[Evidence, ...] = ()

    @property
    def age_years(self) -> float | None:
        """The age in years, or `None` when the note does not state it."""
        if self.age is None:
            return None
        per_year = {AgeUnit.YEARS: 1, AgeUnit.MONTHS: 12, AgeUnit.WEEKS: 52, AgeUnit.DAYS: 365}
        return self.age / per_year[self.age_unit]


class Unverified(Frozen):
    """A statement of a model that no characters of the note support. It never becomes a FHIR resource."""

    kind: FactKind
    statement: str
    reason: str


class Issue(Frozen):
    """A doubt about a fact: never a silent rewrite.

    Attributes:
        code: A short key ("implausible-value", "conflict").
        message: One sentence for the clinician, without the note's text.
        severity: The severity of FHIR's DetectedIssue, where a rule gives one.
        facts: Ids of the facts concerned.
        evidence: The characters that raise the doubt.
        against: The characters of the older statement, where two conflict.
    """

    code: str
    message: str
    severity: Literal["high", "moderate"] | None = None
    facts: tuple[str, ...] = ()
    evidence: Evidence | None = None
    against: Evidence | None = None


class ClinicalRecord(Frozen):
    """The facts and doubts that were read from the notes of a case.

    Attributes:
        documents: Ids of the documents that were read.
        kinds: The kind of each document.
        prompts: The prompts with which a model read them: id, version, beginning of the hash.
        visited: The day of the visit, ISO 8601, where a document states it.
        facts: Grounded facts in the order of the note.
        unverified: Statements without evidence, kept apart.
        issues: Doubts about facts.
        unread: Sentences with clinical words of which no fact came.
        clinical_sentences: The number of sentences with clinical content, the unread ones among them.
        transcribed: Passages of documents that were taken from images, each with its place there.
    """

    documents: tuple[str, ...] = ()
    kinds: dict[str, DocumentKind] = Field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    visited: str | None = None
    patient: Patient = Patient()
    facts: tuple[Fact, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    issues: tuple[Issue, ...] = ()
    unread: tuple[Evidence, ...] = ()
    clinical_sentences: int = Field(default=0, ge=0)
    transcribed: tuple[Transcribed, ...] = ()

    def uncoded(self) -> tuple[Fact, ...]:
        """Return the drugs and allergens that have no code: a bundle holds them as text."""
        named = self.of_kind(FactKind.MEDICATION, FactKind.ALLERGY)
        return tuple(fact for fact in named if fact.code is None and fact.display != NONE_KNOWN)

    def of_kind(self, *kinds: FactKind) -> tuple[Fact, ...]:
        """Return the facts of the given kinds, in order."""
        return tuple(fact for fact in self.facts if fact.kind in kinds)
