"""What is known of a case: flat facts, each pointing at characters of a note."""

from bedside.records.facts import (
    Assertion,
    Coding,
    Evidence,
    Fact,
    FactKind,
    Medication,
    Moment,
    Quantity,
    Source,
)
from bedside.records.record import AgeUnit, CaseId, ClinicalRecord, Issue, Patient, Unverified
from bedside.records.result import (
    Advice,
    AdviceClaim,
    CaseResult,
    Disagreement,
    Edit,
    FactNeed,
    Reason,
    Score,
)
from bedside.records.review import (
    FactEdit,
    FactItem,
    QuestionItem,
    QuestionsRequest,
    QuestionsReview,
    ResultRequest,
    ResultReview,
)
from bedside.records.search import Hit, Searched

__all__ = [
    "Advice",
    "AdviceClaim",
    "AgeUnit",
    "Assertion",
    "CaseId",
    "CaseResult",
    "ClinicalRecord",
    "Coding",
    "Disagreement",
    "Edit",
    "Evidence",
    "Fact",
    "FactEdit",
    "FactItem",
    "FactKind",
    "FactNeed",
    "Hit",
    "Issue",
    "Medication",
    "Moment",
    "Patient",
    "Quantity",
    "QuestionItem",
    "QuestionsRequest",
    "QuestionsReview",
    "Reason",
    "ResultRequest",
    "ResultReview",
    "Score",
    "Searched",
    "Source",
    "Unverified",
]
