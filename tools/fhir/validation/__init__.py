"""Validation of FHIR R4: structure, formats, bindings, invariants, references, Bundle rules, US Core 7.0.0.

Light to import: the tables and the FHIRPath engine are loaded when the first resource is validated.
"""

from typing import Any

from bedside.tools.fhir import reading
from bedside.tools.fhir.validation.choice import us_core_profiles
from bedside.tools.fhir.validation.findings import Finding, Severity, operation_outcome
from bedside.tools.fhir.validation.validator import errors, validate

__all__ = ["Finding", "Severity", "errors", "operation_outcome", "read_resource", "us_core_profiles", "validate"]


def read_resource(data: bytes) -> dict[str, Any]:
    """One resource of JSON, XML or NDJSON, to be validated: XML is in the order of R4's definitions.

    Raises:
        InputError: It is none; the message names the place and no value.
    """
    return reading.read_resource(data, in_order=True)
