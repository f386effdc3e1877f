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
from bedside.records.result import Advice, CaseResult, Reason, Score

__all__ = [
    "Advice",
    "AgeUnit",
    "Assertion",
    "CaseId",
    "CaseResult",
    "ClinicalRecord",
    "Coding",
    "Evidence",
    "Fact",
    "FactKind",
    "Issue",
    "Medication",
    "Patient",
    "Quantity",
    "Reason",
    "Score",
    "Source",
    "Unverified",
]
