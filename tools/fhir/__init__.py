"""FHIR R4 resources from facts: builders, code tables, validation. Light to import: no FHIR model is loaded."""

from bedside.tools.fhir.case import (
    SOURCE_CHARACTERS_URL,
    STATED_NUMBER_SYSTEM,
    detected_issue,
    device,
    document_reference,
    encounter,
    flag,
    laboratory_report,
    patient,
    provenance,
    risk_assessment,
)
from bedside.tools.fhir.findings import BUILDERS, Context, NotWritten
from bedside.tools.fhir.imaging import SOURCE_REGION_URL, image_file, image_finding, image_report, imaging_study
from bedside.tools.fhir.kinds import ResourceKind, kind_named, register
from bedside.tools.fhir.observations import (
    blood_pressure,
    finding,
    is_finding,
    laboratory,
    news2_observation,
    pair_pressures,
    social_history,
    vital_sign,
)
from bedside.tools.fhir.validation import Finding, Severity, errors, operation_outcome, us_core_profiles, validate
from bedside.tools.fhir.values import IDENTIFIER_SYSTEM, JSON, Identity, Resource, to_json

__all__ = [
    "BUILDERS",
    "IDENTIFIER_SYSTEM",
    "JSON",
    "SOURCE_CHARACTERS_URL",
    "SOURCE_REGION_URL",
    "STATED_NUMBER_SYSTEM",
    "Context",
    "Finding",
    "Identity",
    "NotWritten",
    "Resource",
    "ResourceKind",
    "Severity",
    "blood_pressure",
    "detected_issue",
    "device",
    "document_reference",
    "encounter",
    "errors",
    "finding",
    "flag",
    "image_file",
    "image_finding",
    "image_report",
    "imaging_study",
    "is_finding",
    "kind_named",
    "laboratory",
    "laboratory_report",
    "news2_observation",
    "operation_outcome",
    "pair_pressures",
    "patient",
    "provenance",
    "register",
    "risk_assessment",
    "social_history",
    "to_json",
    "us_core_profiles",
    "validate",
    "vital_sign",
]
