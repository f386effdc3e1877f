"""Validation of FHIR R4: structure, formats, bindings, invariants, references, Bundle rules, US Core 7.0.0.

Light to import: the tables and the FHIRPath engine are loaded when the first resource is validated.
"""

from bedside.tools.fhir.reading import read_resource
from bedside.tools.fhir.validation.choice import us_core_profiles
from bedside.tools.fhir.validation.findings import Finding, Severity, operation_outcome
from bedside.tools.fhir.validation.validator import errors, validate

__all__ = ["Finding", "Severity", "errors", "operation_outcome", "read_resource", "us_core_profiles", "validate"]
