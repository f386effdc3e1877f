"""What becomes of each kind of fact under each assertion."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bedside.agents.triager import Assessment, Reason
from bedside.records import Assertion, Coding, FactKind, Medication, Moment
from bedside.tools.fhir import errors, validate
from bedside.tools.fhir.prose import to_prose
from bedside.tools.fhir.tables import DIAGNOSES
from bedside.tools.terminology import Domain, concepts
from tests.fhir.cases import fact, of_type, write

PRESENT, POSSIBLE, HISTORICAL = Assertion.PRESENT, Assertion.POSSIBLE, Assertion.HISTORICAL
ABSENT, HYPOTHETICAL, FAMILY = Assertion.ABSENT, Assertion.HYPOTHETICAL, Assertion.FAMILY


SNOMED = "http://snomed.info/sct"


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
def test_a_disease_becomes_a_condition(
    assertion: Assertion, clinical: str, verification: str, category: str
) -> None:
    (condition,) = of_type(write(fact(FactKind.PROBLEM, "pneumonia", assertion=assertion)), "Condition")
    assert code(condition, "clinicalStatus") == clinical
    assert code(condition, "verificationStatus") == verification
    assert condition["category"][0]["coding"][0]["code"] == category
    assert condition["code"] == {"text": "pneumonia"}


@pytest.mark.parametrize(
    ("assertion", "value", "display"),
    [(PRESENT, "52101004", "Present"), (POSSIBLE, "371930009", "Possible"), (ABSENT, "2667000", "Absent")],
)
def test_a_symptom_becomes_an_observation(assertion: Assertion, value: str, display: str) -> None:
    result = write(fact(FactKind.PROBLEM, "chest pain", assertion=assertion))
    (found,) = of_type(result, "Observation")
    assert found["status"] == "preliminary"
    assert found["category"][0]["coding"][0]["code"] == "exam"
    assert found["code"] == {"text": "chest pain"}
    assert found["valueCodeableConcept"] == {
        "coding": [{"system": SNOMED, "code": value, "display": display}],
        "text": display.lower(),
    }
    assert of_type(result, "Condition") == []
    assert result.set_aside == ()
    assert errors(validate(result.bundle, profiles="us-core")) == []


@pytest.mark.parametrize("visited", [None, "2024-03-14"])
def test_a_symptom_keeps_where_how_much_and_since_when(visited: str | None) -> None:
    told = fact(FactKind.PROBLEM, "chest pain").model_copy(
        update={
            "body_site": "chest",
            "laterality": "left",
            "severity": "severe",
            "onset": Moment(text="three days ago", date="2024-03-11"),
            "abatement": Moment(text="this morning"),
        }
    )
    result = write(told, visited=visited)
    (found,) = of_type(result, "Observation")
    assert "effectiveDateTime" not in found
    assert found["bodySite"] == {"text": "left chest"}
    (component,) = found["component"]
    assert code(component, "code") == "246112005"
    assert code(component, "valueCodeableConcept") == "24484000"
    assert found["effectivePeriod"] == {"start": "2024-03-11"}
    assert found["note"] == [{"text": "Ended, in the words of the note: this morning"}]
    assert errors(validate(result.bundle, profiles="us-core")) == []
    assert "chest pain: present, severity: severe, left chest" in to_prose(json.loads(result.to_json()))


def test_a_symptom_that_is_absent_is_absent_on_the_day_of_the_visit() -> None:
    denied = fact(FactKind.PROBLEM, "fever", "fever", assertion=ABSENT).model_copy(
        update={"onset": Moment(text="since Monday", date="2024-03-11")}
    )
    (found,) = of_type(write(denied, visited="2024-03-14"), "Observation")
    assert found["effectiveDateTime"] == "2024-03-14"
    (found,) = of_type(write(denied), "Observation")
    assert found["effectivePeriod"]["extension"][0]["valueCode"] == "unknown"


def test_a_symptom_that_is_over_stays_a_resolved_condition() -> None:
    (condition,) = of_type(write(fact(FactKind.PROBLEM, "chest pain", assertion=HISTORICAL)), "Condition")
    assert code(condition, "clinicalStatus") == "resolved"


@pytest.mark.parametrize("name", ["pneumonia", "open fracture", "pregnancy", "a thing that no table knows"])
def test_what_is_no_symptom_is_no_observation(name: str) -> None:
    result = write(fact(FactKind.PROBLEM, name))
    assert len(of_type(result, "Condition")) == 1
    assert of_type(result, "Observation") == []


def test_each_diagnosis_is_one_of_the_table_of_symptoms() -> None:
    assert {one.key for one in concepts() if one.domain is Domain.SYMPTOM} > DIAGNOSES


def test_a_disease_that_is_denied_is_an_observation_and_no_refuted_condition() -> None:
    result = write(fact(FactKind.PROBLEM, "diabetes", assertion=ABSENT))
    (found,) = of_type(result, "Observation")
    assert code(found, "valueCodeableConcept") == "2667000"
    assert of_type(result, "Condition") == []


def test_what_an_urgency_rests_on_may_be_an_observation() -> None:
    reason = Reason(code="x", message="Why", urgency=3, facts=("f1", "f2"), source="t")
    facts = (fact(FactKind.PROBLEM, "chest pain"), fact(FactKind.PROBLEM, "asthma", "Asthma", id="f2"))
    result = write(*facts, assessment=Assessment(urgency=3, reasons=(reason,)))
    (risk,) = of_type(result, "RiskAssessment")
    entries: Any = result.bundle["entry"]
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in entries}
    assert [kinds[one["reference"]] for one in risk["basis"]] == ["Observation", "Condition"]
    assert errors(validate(result.bundle, profiles="us-core")) == []


@pytest.mark.parametrize(
    ("kind", "assertion"),
    [
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
    (found,) = of_type(write(fact(FactKind.PROBLEM, "chest pain", code=coding)), "Observation")
    assert found["code"] == {"coding": [coding.model_dump(exclude_none=True)], "text": "chest pain"}


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
        # What somebody reacted to years ago, they may react to today.
        (HISTORICAL, "active", "confirmed"),
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
