"""A transaction as a document and as a collection. All synthetic."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.records import Assertion, FactKind, Medication
from bedside.tools.fhir import errors, validate
from bedside.tools.fhir.documents import as_collection, as_patient_summary, as_triage_summary
from tests.fhir.cases import fact, write
from tests.fhir.facts import ASSESSMENT, FACTS, PATIENT

FORMS = {"collection": as_collection, "patient summary": as_patient_summary, "triage summary": as_triage_summary}


@pytest.fixture
def transaction() -> str:
    return write(*FACTS, assessment=ASSESSMENT, patient=PATIENT).to_json()


def sections(document: str) -> dict[str, Any]:
    return {section["title"]: section for section in json.loads(document)["entry"][0]["resource"]["section"]}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_form_is_valid_and_keeps_every_resource(transaction: str, form: Callable[[str], str]) -> None:
    bundle = json.loads(form(transaction))
    assert errors(validate(bundle, profiles="us-core")) == []
    kept = {entry["fullUrl"] for entry in bundle["entry"]}
    assert {entry["fullUrl"] for entry in json.loads(transaction)["entry"]} <= kept
    assert not any("request" in entry for entry in bundle["entry"])
    assert form(transaction) == form(transaction)


def test_numbers_keep_their_digits(transaction: str) -> None:
    assert '"value":72.50' in as_patient_summary(transaction)


def test_a_summary_has_its_three_sections_and_says_why_one_is_empty() -> None:
    found = sections(
        as_patient_summary(write(fact(FactKind.PROBLEM, "asthma", "Asthma"), patient=PATIENT).to_json())
    )
    assert {"Problems", "Allergies", "Medications"} <= set(found)
    assert found["Allergies"]["emptyReason"]["coding"][0]["code"] == "unavailable"
    assert "entry" not in found["Allergies"]
    assert "asthma" in found["Problems"]["text"]["div"]


def test_no_known_allergies_is_an_entry_and_no_empty_section(transaction: str) -> None:
    found = sections(as_patient_summary(transaction))["Allergies"]
    assert len(found["entry"]) == 1
    assert "emptyReason" not in found


def test_what_is_over_or_doubtful_reads_so() -> None:
    facts = (
        fact(FactKind.PROBLEM, "asthma", "Asthma", assertion=Assertion.POSSIBLE, id="a"),
        fact(FactKind.PROBLEM, "chest pain", assertion=Assertion.POSSIBLE, id="d"),
        fact(FactKind.PROBLEM, "fever", "fever", assertion=Assertion.ABSENT, id="e"),
        fact(FactKind.PROBLEM, "stroke", "stroke", assertion=Assertion.HISTORICAL, id="b"),
        fact(FactKind.MEDICATION, "aspirin", "Aspirin", medication=Medication(status="stopped"), id="c"),
    )
    found = sections(as_patient_summary(write(*facts, patient=PATIENT).to_json()))
    assert "asthma, provisional" in found["Problems"]["text"]["div"]
    assert "chest pain: possible" in found["Symptoms and signs"]["text"]["div"]
    assert "fever: absent" in found["Symptoms and signs"]["text"]["div"]
    assert "stroke" not in found["Problems"]["text"]["div"]
    assert "stroke" in found["Past problems"]["text"]["div"]
    assert "aspirin, stopped" in found["Medications"]["text"]["div"]


def test_a_triage_summary_begins_with_the_proposal(transaction: str) -> None:
    assert next(iter(sections(as_triage_summary(transaction)))) == "Triage proposal"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_anything_but_a_transaction_is_refused(form: Callable[[str], str]) -> None:
    with pytest.raises(InputError, match="only a transaction"):
        form('{"resourceType": "Bundle", "type": "collection"}')


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_another_form_keeps_the_system_of_the_identifiers(form: Callable[[str], str]) -> None:
    own = "https://hospital.example/ids"
    bundle = json.loads(form(write(*FACTS, patient=PATIENT, identifier_system=own).to_json()))
    assert bundle["identifier"]["system"] == own
    assert errors(validate(bundle, profiles="us-core")) == []
