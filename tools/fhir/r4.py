"""The only door to `fhir.resources`: its R4B models, which equal R4 for what Bedside writes.

The package's plain modules (`fhir.resources.patient`) are R5 and wrong here. Importing this module takes about
half a second, so it is imported where a resource is validated and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.documentreference import DocumentReference
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.familymemberhistory import FamilyMemberHistory
from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.medicationstatement import MedicationStatement
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.provenance import Provenance
from fhir.resources.R4B.riskassessment import RiskAssessment
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import BaseModel

__all__ = ["MODELS", "Bundle"]

MODELS: Mapping[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        AllergyIntolerance,
        Bundle,
        Condition,
        Device,
        DocumentReference,
        Encounter,
        FamilyMemberHistory,
        Immunization,
        MedicationStatement,
        Observation,
        Patient,
        Procedure,
        Provenance,
        RiskAssessment,
        ServiceRequest,
    )
}
