"""The FHIR URIs of the code systems."""

from __future__ import annotations

__all__ = ["CVX", "ICD10CM", "LOINC", "RXNORM", "SNOMED", "UCUM"]

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
