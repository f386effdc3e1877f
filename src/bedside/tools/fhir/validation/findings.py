"""The findings of a validation, and the OperationOutcome that reports them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bedside.tools.fhir.values import JSON, Resource

__all__ = ["Finding", "Severity", "operation_outcome"]


class Severity(StrEnum):
    """The severity of a finding; FHIR's issue-severity without `fatal`."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Finding:
    """One error, or one thing worth noting.

    Attributes:
        severity: Only an error makes a resource invalid.
        code: FHIR's issue-type: `structure`, `required`, `value`, `invariant`, `code-invalid`, `not-found`, …
        location: The place, as a FHIRPath: `Bundle.entry[3].resource.valueQuantity.code`.
        message: Why. It holds no value of the resource, so that no text of a patient is in it.
        rule: The rule's name: `obs-6`, the URL of a value set or profile, or a name of Bedside's own.
    """

    severity: Severity
    code: str
    location: str
    message: str
    rule: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


def operation_outcome(findings: Iterable[Finding]) -> Resource:
    """Return the findings as a FHIR OperationOutcome. R4 demands an issue: where there are none, one says so."""
    issues: list[JSON] = [
        {
            "severity": finding.severity.value,
            "code": finding.code,
            "details": {"text": finding.rule},
            "diagnostics": finding.message,
            "expression": [finding.location],
        }
        for finding in findings
    ]
    nothing: list[JSON] = [
        {"severity": "information", "code": "informational", "diagnostics": "Nothing was found."}
    ]
    return {"resourceType": "OperationOutcome", "issue": issues or nothing}
