"""What becomes of each kind of fact under each assertion."""

from __future__ import annotations

from typing import Any

import pytest

from bedside.records import Assertion, Coding, FactKind, Medication
from tests.fhir.cases import fact, of_type, write

PRESENT, POSSIBLE, HISTORICAL = Assertion.PRESENT, Assertion.POSSIBLE, Assertion.HISTORICAL
ABSENT, HYPOTHETICAL, FAMILY = Assertion.ABSENT, Assertion.HYPOTHETICAL, Assertion.FAMILY


def code(resource: dict[str, Any], element: str) -> str:
    return str(resource[element]["coding"][0]["code"])


@pytest.mark.parametrize(
    ("assertion", "clinical", "verification", "category"),
    [
        (PRESENT, "active", "confirmed", "encounter-diagnosis"),
        (POSSIBLE, "active", "provisional", "encounter-diagnosis"),
        (HISTORICAL, "resolved", "confirmed", "problem-list-item"),
    ],
)
def test_a_problem_becomes_a_condition(
    assertion: Assertion, clinical: str, verification: str, category: str
) -> None:
    (condition,) = of_type(write(fact(FactKind.PROBLEM, "chest pain", assertion=assertion)), "Condition")
    assert code(condition, "clinicalStatus") == clinical
    assert code(condition, "verificationStatus") == verification
    assert condition["category"][0]["coding"][0]["code"] == category
    assert condition["code"] == {"text": "chest pain"}


@pytest.mark.parametrize(
    ("kind", "assertion"),
    [
        (FactKind.PROBLEM, ABSENT),
        (FactKind.PROBLEM, HYPOTHETICAL),
        (FactKind.ALLERGY, HYPOTHETICAL),
        (FactKind.MEDICATION, HYPOTHETICAL),
        (FactKind.IMMUNIZATION, HYPOTHETICAL),
        (FactKind.IMMUNIZATION, POSSIBLE),
        (FactKind.FAMILY, ABSENT),
        (FactKind.FAMILY, HYPOTHETICAL),
        (FactKind.VITAL, ABSENT),
        (FactKind.LAB, HYPOTHETICAL),
    ],
)
def test_what_is_not_written_is_set_aside_with_its_reason(kind: FactKind, assertion: Assertion) -> None:
    result = write(fact(kind, "something", assertion=assertion))
    assert result.set_aside == (("f1", f"{_noun(kind)} that is {assertion.value} has no resource"),)


def _noun(kind: FactKind) -> str:
    names = {FactKind.FAMILY: "a family history", FactKind.ALLERGY: "an allergy"}
    return names.get(kind, "an immunization" if kind is FactKind.IMMUNIZATION else f"a {kind.value}")


def test_a_code_of_the_fact_stands_beside_its_text() -> None:
    coding = Coding(system="http://hl7.org/fhir/sid/icd-10-cm", code="R07.9", display="Chest pain, unspecified")
    (condition,) = of_type(write(fact(FactKind.PROBLEM, "chest pain", code=coding)), "Condition")
    assert condition["code"] == {"coding": [coding.model_dump(exclude_none=True)], "text": "chest pain"}


@pytest.mark.parametrize(
    ("assertion", "status", "written"),
    [
        (PRESENT, "active", "active"),
        (PRESENT, "stopped", "stopped"),
        (PRESENT, "planned", "intended"),
        (POSSIBLE, "active", "unknown"),
        (HISTORICAL, "active", "completed"),
        (HISTORICAL, "stopped", "stopped"),
        (ABSENT, "active", "not-taken"),
    ],
)
def test_a_drug_becomes_a_medication_statement(assertion: Assertion, status: str, written: str) -> None:
    drug = Medication(dose="81 mg", route="by mouth", frequency="daily", status=status)
    result = write(fact(FactKind.MEDICATION, "aspirin", "Aspirin", assertion=assertion, medication=drug))
    (statement,) = of_type(result, "MedicationStatement")
    assert statement["status"] == written
    (dosage,) = statement["dosage"]
    assert dosage["text"] == "81 mg by mouth daily"
    assert dosage["timing"]["code"]["text"] == "daily"
    assert dosage["timing"]["code"]["coding"][0]["code"] == "QD"
    assert dosage["route"] == {"text": "by mouth"}
    assert dosage["doseAndRate"][0]["doseQuantity"]["code"] == "mg"
    assert statement["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"


def test_a_planned_drug_becomes_a_proposal_and_never_an_order() -> None:
    drug = Medication(dose="5 mg", frequency="every 4 to 6 hours as needed", status="planned", as_needed=True)
    result = write(fact(FactKind.MEDICATION, "aspirin", "Aspirin", assertion=HYPOTHETICAL, medication=drug))
    (request,) = of_type(result, "MedicationRequest")
    assert (request["status"], request["intent"]) == ("draft", "proposal")
    (dosage,) = request["dosageInstruction"]
    assert dosage["asNeededBoolean"] is True
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 4, "periodUnit": "h", "periodMax": 6}


@pytest.mark.parametrize(
    ("assertion", "clinical", "verification"),
    [
        (PRESENT, "active", "confirmed"),
        (POSSIBLE, "active", "unconfirmed"),
        (HISTORICAL, "resolved", "confirmed"),
        (ABSENT, "inactive", "refuted"),
    ],
)
def test_an_allergy_keeps_its_reaction(assertion: Assertion, clinical: str, verification: str) -> None:
    result = write(fact(FactKind.ALLERGY, "penicillin", assertion=assertion, text_value="hives"))
    (allergy,) = of_type(result, "AllergyIntolerance")
    assert (code(allergy, "clinicalStatus"), code(allergy, "verificationStatus")) == (clinical, verification)
    assert allergy["reaction"] == [{"manifestation": [{"text": "hives"}]}]


@pytest.mark.parametrize("assertion", [PRESENT, ABSENT])
def test_no_known_allergies_is_a_statement_and_never_an_empty_list(assertion: Assertion) -> None:
    result = write(fact(FactKind.ALLERGY, "no known allergies", "NKDA", assertion=assertion))
    (allergy,) = of_type(result, "AllergyIntolerance")
    assert code(allergy, "code") == "716186003"
    assert allergy["code"]["text"] == "No known allergies"
    assert code(allergy, "verificationStatus") == "confirmed"


@pytest.mark.parametrize(
    ("relative", "role"),
    [
        ("mother", "MTH"),
        ("Father", "FTH"),
        ("maternal grandmother", "MGRMTH"),
        ("step-brother in law", "FAMMEMB"),
        (None, "FAMMEMB"),
    ],
)
def test_a_relatives_disease_becomes_family_history(relative: str | None, role: str) -> None:
    result = write(fact(FactKind.FAMILY, "stroke", "stroke", assertion=FAMILY, text_value=relative))
    (history,) = of_type(result, "FamilyMemberHistory")
    assert code(history, "relationship") == role
    assert history["relationship"]["text"] == (relative or "family member")
    assert history["condition"] == [{"code": {"text": "stroke"}}]
    assert of_type(result, "Condition") == []


@pytest.mark.parametrize(
    ("assertion", "kind", "status"),
    [
        (PRESENT, "Procedure", "completed"),
        (HISTORICAL, "Procedure", "completed"),
        (POSSIBLE, "Procedure", "unknown"),
        (ABSENT, "Procedure", "not-done"),
        (HYPOTHETICAL, "ServiceRequest", "draft"),
    ],
)
def test_a_procedure_is_done_or_only_proposed(assertion: Assertion, kind: str, status: str) -> None:
    (resource,) = of_type(write(fact(FactKind.PROCEDURE, "ecg", "ECG", assertion=assertion)), kind)
    assert resource["status"] == status
    # An agent never orders.
    assert resource.get("intent", "proposal") == "proposal"


@pytest.mark.parametrize(("assertion", "status"), [(PRESENT, "completed"), (ABSENT, "not-done")])
def test_a_vaccine_becomes_an_immunization(assertion: Assertion, status: str) -> None:
    result = write(fact(FactKind.IMMUNIZATION, "influenza vaccine", "Flu shot", assertion=assertion))
    (immunization,) = of_type(result, "Immunization")
    assert immunization["status"] == status
