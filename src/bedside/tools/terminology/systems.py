"""The FHIR URIs of the code systems."""

from __future__ import annotations

__all__ = ["CVX", "ICD10CM", "ICD10CM_VERSION", "LOINC", "RXNORM", "SNOMED", "UCUM"]

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10CM_VERSION = "2026"
"""The ICD-10-CM version: the tables follow the release of April 2026, which simple-icd-10-cm 1.5.0 carries."""

LOINC = "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
