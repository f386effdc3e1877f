"""Facts of every kind that the invented note states, what was assessed of them, and who the patient is."""

from __future__ import annotations

from bedside.agents.triager import Assessment, Reason
from bedside.records import Assertion, FactKind, Medication, Patient
from tests.fhir.cases import evidence, fact

__all__ = ["ASSESSMENT", "FACTS", "PATIENT"]

FACTS = (
    fact(FactKind.PROBLEM, "chest pain", id="f1"),
    fact(FactKind.VITAL, "systolic blood pressure", "82", value="82", unit="mm[Hg]", id="f2"),
    fact(FactKind.VITAL, "diastolic blood pressure", "54", value="54", unit="mm[Hg]", id="f3"),
    fact(FactKind.VITAL, "weight", "72.50 kg", value="72.50", unit="kg", id="f4"),
    fact(FactKind.FAMILY, "stroke", "stroke", assertion=Assertion.FAMILY, text_value="mother", id="f5"),
    fact(FactKind.MEDICATION, "aspirin", "Aspirin", medication=Medication(dose="81 mg"), id="f6"),
    fact(FactKind.ALLERGY, "no known allergies", "NKDA", id="f7"),
    fact(FactKind.LAB, "potassium", "Potassium", value="5.0", unit="mmol/L", id="f8"),
    fact(FactKind.IMMUNIZATION, "influenza vaccine", "Flu shot", id="f9"),
    fact(FactKind.PROCEDURE, "ecg", "ECG", id="f10"),
    fact(FactKind.PROBLEM, "fever", "fever", assertion=Assertion.ABSENT, id="f11"),
    fact(FactKind.PROBLEM, "asthma", "Asthma", id="f12"),
)
ASSESSMENT = Assessment(
    urgency=2,
    reasons=(Reason(code="x", message="Chest pain with low pressure", urgency=2, facts=("f1", "f2"), source="t"),),
)
PATIENT = Patient(
    age=66,
    sex="female",
    names=(evidence("Ms. Brown"), evidence("Ms. Ann Brown")),
    birth_date=evidence("03/14/1958"),
    identifiers=(evidence("00-48-27"),),
)
