"""What is known of a case: flat facts, each pointing at characters of a note."""

from bedside.records.facts import (
    Assertion,
    Coding,
    Evidence,
    Fact,
    FactKind,
    Medication,
    Quantity,
    Source,
)
from bedside.records.record import AgeUnit, CaseId, ClinicalRecord, Issue, Patient, Unverified

__all__ = [
    "AgeUnit",
    "Assertion",
    "CaseId",
    "ClinicalRecord",
    "Coding",
    "Evidence",
    "Fact",
    "FactKind",
    "Issue",
    "Medication",
    "Patient",
    "Quantity",
    "Source",
    "Unverified",
]
