"""The transaction: rules of a Bundle, identity, provenance, decimals, and what is set aside."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.scribe import BundleResult, write_bundle
from bedside.agents.scribe.people import birth_date, human_name
from bedside.agents.triager import Assessment, Reason
from bedside.errors import InputError
from bedside.records import Assertion, ClinicalRecord, DocumentKind, Evidence, FactKind, Medication, Patient
from bedside.tools import fhir
from bedside.tools.fhir import IDENTIFIER_SYSTEM, SOURCE_CHARACTERS_URL, errors, to_json, validate
from bedside.tools.fhir.r4 import model_of
from tests.fhir.cases import DEVICE, NOTE, RECORDED, evidence, fact, of_type, traces, write
from tests.fhir.facts import ASSESSMENT, FACTS, PATIENT


def entries(result: BundleResult) -> list[dict[str, Any]]:
    found: Any = result.bundle["entry"]
    return list(found)


@pytest.fixture
def result() -> BundleResult:
    return write(*FACTS, assessment=ASSESSMENT, patient=PATIENT)


def test_the_whole_bundle_is_valid_r4(result: BundleResult) -> None:
    model = model_of("Bundle")
    assert model is not None
    model.model_validate_json(result.to_json())
    assert errors(validate(result.bundle, profiles="us-core")) == []
    assert result.set_aside == ()


def test_each_create_is_conditional_and_has_an_address_of_its_own(result: BundleResult) -> None:
    urls = [entry["fullUrl"] for entry in entries(result)]
    assert len(set(urls)) == len(urls)
    for entry in entries(result):
        kind = entry["resource"]["resourceType"]
        token = "_tag" if kind in ("FamilyMemberHistory", "Provenance", "RiskAssessment") else "identifier"
        assert entry["request"]["method"] == "POST"
        assert entry["request"]["url"] == kind
        assert entry["request"]["ifNoneExist"].startswith(f"{token}={IDENTIFIER_SYSTEM}|")
        value = entry["request"]["ifNoneExist"].rpartition("|")[2]
        marks = entry["resource"]["meta"]["tag"] if token == "_tag" else entry["resource"]["identifier"]
        assert value in marks[0].values()


def test_what_us_core_has_a_profile_for_declares_it(result: BundleResult) -> None:
    declared = {
        entry["resource"]["resourceType"]: entry["resource"]
        .get("meta", {})
        .get("profile", [""])[0]
        .rpartition("/")[2]
        for entry in entries(result)
    }
    assert declared["Patient"] == "us-core-patient"
    assert declared["Condition"] == "us-core-condition-problems-health-concerns"
    assert declared["Provenance"] == "us-core-provenance"
    assert {kind for kind, name in declared.items() if not name} == {
        "Device",
        "Flag",
        "FamilyMemberHistory",
        "MedicationStatement",
        # A symptom falls under no profile; the other Observations do.
        "Observation",
        "RiskAssessment",
    }


def test_references_stay_inside_the_bundle(result: BundleResult) -> None:
    urls = {entry["fullUrl"] for entry in entries(result)}
    references = set(_references(json.loads(result.to_json())))
    assert references
    assert references <= urls


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    return []


def test_the_same_case_gives_the_same_bundle() -> None:
    assert write(*FACTS).to_json() == write(*FACTS).to_json()


def test_two_cases_with_equal_notes_never_share_a_resource_about_the_patient() -> None:
    one, two = write(*FACTS, case="case-1"), write(*FACTS, case="case-2")
    shared = {entry["fullUrl"] for entry in entries(one)} & {entry["fullUrl"] for entry in entries(two)}
    assert shared == {entry["fullUrl"] for entry in entries(one) if entry["resource"]["resourceType"] == "Device"}


def test_decimals_keep_their_digits(result: BundleResult) -> None:
    assert '"value":72.50,' in result.to_json()
    assert '"value":5.0,' in result.to_json()


def test_provenance_carries_software_note_and_characters(result: BundleResult) -> None:
    addresses = {entry["fullUrl"]: entry["resource"] for entry in entries(result)}
    (provenance,) = of_type(result, "Provenance")
    assert addresses[provenance["agent"][0]["who"]["reference"]]["resourceType"] == "Device"
    by_target = traces(entries(result))
    (url,) = [url for url, resource in addresses.items() if resource["resourceType"] == "Condition"]
    ((source, place),) = by_target[url]
    assert (source, place["url"]) == ("DocumentReference", SOURCE_CHARACTERS_URL)
    assert NOTE[place["start"] : place["end"]] == "Asthma"
    clinical = {"Condition", "Observation", "MedicationStatement", "AllergyIntolerance", "RiskAssessment"}
    stated = {url for url, resource in addresses.items() if resource["resourceType"] in clinical}
    assert all(by_target[url] for url in stated)


def test_what_was_made_alike_shares_a_provenance_and_what_was_not_does_not() -> None:
    note, other = evidence("Chest pain"), evidence("Asthma", "second")
    twice = FACTS[0].model_copy(update={"also": (other,)})
    record = ClinicalRecord(documents=("note", "second"), facts=(twice, *FACTS[1:4], FACTS[-1]))
    texts = {"note": NOTE, "second": NOTE}
    result = write_bundle(
        record, None, texts, case="c", recorded=RECORDED, device=DEVICE, reviewer="Dr. Test", edited=["f4"]
    )
    assert errors(validate(result.bundle, profiles="us-core")) == []
    found = [(one["activity"]["coding"][0]["code"], len(one["target"])) for one in of_type(result, "Provenance")]
    # The note, the other note that one fact rests on as well, and what the reviewer changed.
    assert sorted(found) == [("CREATE", 1), ("CREATE", 3), ("UPDATE", 1)]
    symptom = next(one["fullUrl"] for one in entries(result) if "chest pain" in str(one["resource"].get("code")))
    places = [place for _, place in traces(entries(result))[symptom]]
    assert [(one["start"], one["end"]) for one in places] == [(note.start, note.end), (other.start, other.end)]


def test_a_provenance_of_other_targets_is_another_one() -> None:
    one, two = write(FACTS[0]), write(FACTS[0], FACTS[-1])
    of_one, of_two = (
        [entry["fullUrl"] for entry in entries(result) if entry["resource"]["resourceType"] == "Provenance"]
        for result in (one, two)
    )
    assert set(of_one).isdisjoint(of_two)


def test_the_note_travels_with_its_hash(result: BundleResult) -> None:
    (document,) = of_type(result, "DocumentReference")
    attachment = document["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]).decode() == NOTE
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(NOTE.encode()).digest()
    assert document["type"]["coding"][0]["code"] == "54094-8"


def test_the_patient_of_the_note(result: BundleResult) -> None:
    (patient,) = of_type(result, "Patient")
    assert patient["name"] == [{"text": "Ms. Ann Brown", "family": "Brown", "given": ["Ann"], "prefix": ["Ms."]}]
    assert patient["birthDate"] == "1958-03-14"
    assert patient["gender"] == "female"
    assert patient["identifier"][1]["value"] == "00-48-27"


def test_a_patient_whom_the_note_does_not_name() -> None:
    (patient,) = of_type(write(), "Patient")
    assert patient["name"][0]["extension"][0]["valueCode"] == "unknown"
    assert patient["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    assert patient["gender"] == "unknown"


@pytest.mark.parametrize(
    ("assessment", "status", "class_code", "priority"),
    [
        (Assessment(urgency=1), "triaged", "EMER", "EM"),
        (Assessment(urgency=2), "triaged", "EMER", "EM"),
        (Assessment(urgency=3), "triaged", "EMER", "UR"),
        (Assessment(urgency=5), "triaged", "EMER", "R"),
        (Assessment(), "triaged", "EMER", None),
        (None, "unknown", "AMB", None),
    ],
)
def test_the_encounter(assessment: Assessment | None, status: str, class_code: str, priority: str | None) -> None:
    (encounter,) = of_type(write(assessment=assessment), "Encounter")
    assert encounter["type"] == [{"text": "Emergency triage" if assessment else "Clinical encounter"}]
    assert (encounter["status"], encounter["class"]["code"]) == (status, class_code)
    assert encounter.get("priority", {"coding": [{"code": None}]})["coding"][0]["code"] == priority


@pytest.mark.parametrize(
    ("kind", "class_code", "kind_of_encounter", "code", "display"),
    [
        (DocumentKind.TRIAGE_LINE, "EMER", "Emergency triage", "54094-8", "Emergency department Triage note"),
        (DocumentKind.HANDOVER, "EMER", "Emergency triage", "54094-8", "Emergency department Triage note"),
        (DocumentKind.MESSAGE, "EMER", "Emergency triage", "54094-8", "Emergency department Triage note"),
        (DocumentKind.DIALOGUE, "EMER", "Emergency triage", "54094-8", "Emergency department Triage note"),
        (DocumentKind.VISIT_NOTE, "AMB", "Clinical encounter", "34109-9", "Note"),
        (DocumentKind.LETTER, "AMB", "Encounter told of in a letter", "34109-9", "Note"),
        (DocumentKind.DISCHARGE_SUMMARY, "IMP", "Hospital stay", "18842-5", "Discharge summary"),
        (DocumentKind.OPERATION_NOTE, "IMP", "Operation", "11504-8", "Surgical operation note"),
        (DocumentKind.IMAGING_REPORT, "AMB", "Imaging", "18748-4", "Diagnostic imaging study"),
        (DocumentKind.LABORATORY_REPORT, "AMB", "Laboratory tests", "11502-2", "Laboratory report"),
        (DocumentKind.LEAFLET, "AMB", "Clinical encounter", "34109-9", "Note"),
        (DocumentKind.ADMINISTRATIVE_QUESTION, "AMB", "Clinical encounter", "34109-9", "Note"),
    ],
)
def test_only_who_waits_now_has_an_emergency_encounter(
    kind: DocumentKind, class_code: str, kind_of_encounter: str, code: str, display: str
) -> None:
    result = write(FACTS[0], assessment=ASSESSMENT, kind=kind)
    (encounter,) = of_type(result, "Encounter")
    emergency = class_code == "EMER"
    assert (encounter["class"]["code"], encounter["type"]) == (class_code, [{"text": kind_of_encounter}])
    assert encounter["status"] == ("triaged" if emergency else "unknown")
    assert ("priority" in encounter) is (emergency or kind is DocumentKind.VISIT_NOTE)
    (document,) = of_type(result, "DocumentReference")
    assert document["type"]["coding"] == [{"system": "http://loinc.org", "code": code, "display": display}]
    assert errors(validate(result.bundle, profiles="us-core")) == []
    assert result.set_aside == ()


def test_a_document_keeps_its_type_where_nothing_was_triaged() -> None:
    (document,) = of_type(write(kind=DocumentKind.DISCHARGE_SUMMARY), "DocumentReference")
    assert document["type"]["coding"][0]["code"] == "18842-5"
    (document,) = of_type(write(kind=DocumentKind.TRIAGE_LINE), "DocumentReference")
    assert document["type"]["coding"][0]["code"] == "34109-9"


def test_of_several_documents_who_waits_now_decides_and_then_the_visit() -> None:
    def encounter(*kinds: DocumentKind) -> str:
        names = tuple(map(str, range(len(kinds))))
        record = ClinicalRecord(documents=names, kinds=dict(zip(names, kinds, strict=True)), visited="2024-03-14")
        result = write_bundle(
            record, ASSESSMENT, dict.fromkeys(names, NOTE), case="c", recorded=RECORDED, device=DEVICE
        )
        (found,) = of_type(result, "Encounter")
        return f"{found['class']['code']} {found['type'][0]['text']} {found.get('period', {}).get('start')}"

    line, letter, visit = DocumentKind.TRIAGE_LINE, DocumentKind.LETTER, DocumentKind.VISIT_NOTE
    assert encounter(letter, line) == "EMER Emergency triage 2024-03-14"
    assert encounter(letter, visit) == "AMB Clinical encounter 2024-03-14"
    # The day that a summary names may be any of the stay.
    assert encounter(DocumentKind.DISCHARGE_SUMMARY, letter) == "IMP Hospital stay None"


def test_a_reason_stands_once_in_a_bundle() -> None:
    reasons = (
        Reason(code="a", message="Chest pain with low pressure", urgency=2, facts=("f1", "f2"), source="t"),
        Reason(code="b", message="Chest pain", urgency=3, facts=("f1",), source="t"),
        Reason(code="c", message="Low potassium", urgency=3, facts=("f8",), source="t"),
    )
    result = write(*FACTS, assessment=Assessment(urgency=2, reasons=reasons), patient=PATIENT)
    (risk,) = of_type(result, "RiskAssessment")
    # The second says less than the first, of the same facts.
    assert risk["prediction"][0]["rationale"] == "Chest pain with low pressure; Low potassium"
    assert len(risk["basis"]) == 3
    text = result.to_json()
    assert text.count("Chest pain with low pressure") == text.count("Low potassium") == 1
    assert of_type(result, "ClinicalImpression") == []


@pytest.mark.parametrize(
    ("urgency", "reviewer", "said"),
    [
        (
            1,
            "",
            "Immediate (triage urgency 1 of 5, proposed and not confirmed): "
            "chest pain, systolic blood pressure 82 mmHg",
        ),
        (2, "Dr. Test", "Emergency (triage urgency 2 of 5): chest pain, systolic blood pressure 82 mmHg"),
        (3, "", None),
    ],
)
def test_a_flag_names_what_was_found_where_it_is_critical(urgency: int, reviewer: str, said: str | None) -> None:
    reason = Reason(code="x", message="Why", urgency=urgency, facts=("f1", "f2", "f11"), source="t")
    flags = of_type(
        write(*FACTS, assessment=Assessment(urgency=urgency, reasons=(reason,)), reviewer=reviewer), "Flag"
    )
    assert [one["code"]["text"] for one in flags] == ([said] if said else [])


def test_a_flag_calls_possible_what_is_possible() -> None:
    stroke = fact(FactKind.PROBLEM, "stroke", "stroke", assertion=Assertion.POSSIBLE)
    reason = Reason(code="x", message="Why", urgency=2, facts=("f1",), source="t")
    (flag,) = of_type(write(stroke, assessment=Assessment(urgency=2, reasons=(reason,))), "Flag")
    assert flag["code"]["text"].endswith(": possible stroke")


def test_a_flag_that_rests_on_no_fact_tells_the_urgency_alone() -> None:
    reason = Reason(code="ear", message="Why", urgency=2, source="t")
    (flag,) = of_type(write(assessment=Assessment(urgency=2, reasons=(reason,))), "Flag")
    assert flag["code"]["text"] == "Emergency (triage urgency 2 of 5, proposed and not confirmed)"


def test_a_hospital_names_the_system_of_the_identifiers() -> None:
    own = "https://hospital.example/bedside"
    result = write(*FACTS, assessment=ASSESSMENT, patient=PATIENT, identifier_system=own)
    assert errors(validate(result.bundle, profiles="us-core")) == []
    assert all(f"={own}|" in entry["request"]["ifNoneExist"] for entry in entries(result))
    assert IDENTIFIER_SYSTEM not in result.to_json()
    # Addresses and values are the same: only their system is another.
    ours = write(*FACTS, assessment=ASSESSMENT, patient=PATIENT)
    assert ours.to_json() == result.to_json().replace(own, IDENTIFIER_SYSTEM)


def test_no_bundle_names_a_domain_that_is_not_ours(result: BundleResult) -> None:
    assert "bedside.dev" not in result.to_json()


def test_the_words_of_an_allergy_are_no_drug() -> None:
    planned = Medication(status="planned")
    drug = fact(
        FactKind.MEDICATION,
        "aspirin",
        "Aspirin",
        assertion=Assertion.HYPOTHETICAL,
        medication=planned,
        id="drug",
    )
    allergy = fact(FactKind.ALLERGY, "aspirin", "Aspirin", id="allergy")
    result = write(drug, allergy)
    assert of_type(result, "MedicationRequest") == []
    assert len(of_type(result, "AllergyIntolerance")) == 1
    assert result.set_aside == (("drug", "its words state an allergy"),)
    # An allergy that is taken back takes no drug away, nor does one that stands elsewhere.
    for other in (
        allergy.model_copy(update={"assertion": Assertion.ABSENT}),
        allergy.model_copy(update={"evidence": evidence("Asthma")}),
    ):
        assert len(of_type(write(drug, other), "MedicationRequest")) == 1


def test_the_urgency_is_a_preliminary_risk_with_its_reasons_and_basis(result: BundleResult) -> None:
    (risk,) = of_type(result, "RiskAssessment")
    assert risk["status"] == "preliminary"
    assert risk["prediction"][0]["outcome"]["text"] == "Urgency 2: emergency"
    assert risk["prediction"][0]["rationale"] == "Chest pain with low pressure"
    assert len(risk["basis"]) == 2


def test_a_fact_of_another_document_is_set_aside() -> None:
    foreign = fact(FactKind.PROBLEM, "chest pain").model_copy(update={"evidence": evidence("Chest pain", "other")})
    assert write(foreign).set_aside == (("f1", "its evidence lies in no document that was given"),)


def test_a_fact_beyond_the_end_of_its_document_is_set_aside() -> None:
    beyond = Evidence(document="note", start=len(NOTE) - 1, end=len(NOTE) + 1)
    result = write(fact(FactKind.PROBLEM, "chest pain").model_copy(update={"evidence": beyond}))
    assert result.set_aside == (("f1", "its evidence lies in no document that was given"),)


def test_a_patient_that_cannot_be_written_is_replaced_by_a_bare_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.agents.scribe.bundle.human_name", lambda _: {"family": ""})
    result = write(patient=PATIENT)
    (patient,) = of_type(result, "Patient")
    assert patient["gender"] == "unknown"
    assert result.set_aside[0][1].startswith("invalid Patient")


def test_two_documents_with_the_same_text_are_two() -> None:
    record = ClinicalRecord(documents=("a", "b"))
    result = write_bundle(record, None, {"a": NOTE, "b": NOTE}, case="c", recorded=RECORDED, device=DEVICE)
    urls = [entry["fullUrl"] for entry in entries(result)]
    assert len(of_type(result, "DocumentReference")) == 2
    assert len(set(urls)) == len(urls)


def test_the_same_statement_is_written_once() -> None:
    twice = (fact(FactKind.PROBLEM, "chest pain", id="f1"), fact(FactKind.PROBLEM, "chest pain", id="f2"))
    result = write(*twice)
    assert len(of_type(result, "Observation")) == 1
    assert result.set_aside == (("f2", "the same statement is written already"),)


def test_an_invalid_resource_is_set_aside_without_its_text_and_the_rest_is_delivered() -> None:
    # An empty display makes an empty string, which FHIR does not allow.
    bad = fact(FactKind.PROBLEM, "chest pain", id="bad").model_copy(update={"display": ""})
    result = write(bad, *FACTS[1:])
    assert len(of_type(result, "AllergyIntolerance")) == 1
    ((_, reason), *_) = result.set_aside
    assert reason == "invalid Observation: code.text: it is not in the form of a string"


def test_nothing_refers_to_what_was_set_aside_and_the_rest_is_as_without_it() -> None:
    # No unit of UCUM: the weight cannot be written, so neither can its provenance, nor may the urgency rest on it.
    bad = fact(FactKind.VITAL, "girth", "72.50 kg", value="72.50", unit="Zebulon", id="f4")
    reason = Reason(code="x", message="Girth", urgency=3, facts=("f1", "f4"), source="t")
    assessment = Assessment(urgency=3, reasons=(reason,))
    result = write(FACTS[0], bad, assessment=assessment, patient=PATIENT)
    assert [name for name, _ in result.set_aside] == ["f4"]
    assert result.set_aside[0][1].startswith("invalid Observation: valueQuantity.code: it is no unit of UCUM")
    assert "Zebulon" not in result.to_json() + str(result.set_aside)
    assert errors(validate(result.bundle, profiles="us-core")) == []
    (risk,) = of_type(result, "RiskAssessment")
    assert len(risk["basis"]) == 1
    # Of the urgency and the symptom.
    (provenance,) = of_type(result, "Provenance")
    assert len(provenance["target"]) == 2


def test_a_provenance_that_is_invalid_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    original = fhir.provenance
    monkeypatch.setattr("bedside.tools.fhir.provenance", lambda *a, **k: original(*a, **k) | {"recorded": "now"})
    result = write(FACTS[0])
    assert of_type(result, "Provenance") == []
    assert len(of_type(result, "Observation")) == 1
    assert [name for name, _ in result.set_aside] == ["provenance"]


def test_without_a_valid_encounter_what_refers_to_it_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    original = fhir.encounter
    monkeypatch.setattr("bedside.tools.fhir.encounter", lambda *a, **k: original(*a, **k) | {"status": "here"})
    result = write(*FACTS)
    # The note's own resource names the encounter too, so what its provenance would stand on is gone as well.
    kinds = {entry["resource"]["resourceType"] for entry in entries(result)}
    assert kinds == {"Patient", "Device", "FamilyMemberHistory"}
    assert errors(validate(result.bundle, profiles="us-core")) == []


def test_a_time_without_offset_is_refused() -> None:
    naive = RECORDED.replace(tzinfo=None)
    with pytest.raises(InputError, match="offset"):
        write_bundle(ClinicalRecord(), None, {}, case="c", recorded=naive, device=DEVICE)


def test_the_written_time_has_its_offset(result: BundleResult) -> None:
    assert result.bundle["timestamp"] == RECORDED.isoformat()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Maria Delgado", {"text": "Maria Delgado", "family": "Delgado", "given": ["Maria"]}),
        ("DELGADO, MARIA", {"text": "DELGADO, MARIA", "family": "DELGADO", "given": ["MARIA"]}),
        ("de la Cruz, Ana", {"text": "de la Cruz, Ana", "family": "de la Cruz", "given": ["Ana"]}),
        ("Ms. Brown", {"text": "Ms. Brown", "family": "Brown", "prefix": ["Ms."]}),
        ("Brown", {"text": "Brown", "family": "Brown"}),
        ("Mr.", None),
        ("", None),
    ],
)
def test_names(text: str, name: dict[str, Any] | None) -> None:
    assert human_name(text) == name


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1958-03-14", "1958-03-14"),
        ("03/14/1958", "1958-03-14"),
        ("14/03/1958", "1958-03-14"),
        ("14 March 1958", "1958-03-14"),
        ("Mar 14, 1958", "1958-03-14"),
        ("04/04/1958", "1958-04-04"),
        # Day or month first? Not known, so not written.
        ("03/04/1958", None),
        ("3-14-58", None),
        ("1958", None),
        ("02/30/1958", None),
        ("", None),
    ],
)
def test_birth_dates(text: str, iso: str | None) -> None:
    assert birth_date(text) == iso


WHOLE = st.integers(min_value=-(2**63), max_value=2**64 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(json_values)
def test_json_round_trip_keeps_every_digit(value: Any) -> None:
    read = json.loads(to_json(value), parse_float=Decimal)
    assert read == value
    if isinstance(value, Decimal):
        assert str(value) in to_json(value)


def test_a_number_that_fhir_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json({"valueInteger": 2**64})


def test_importing_the_builders_loads_no_fhir_model() -> None:
    code = "import sys, bedside.agents.scribe; sys.exit('fhir' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_evidence_beyond_the_note_gives_no_name() -> None:
    beyond = Patient(names=(Evidence(document="note", start=10_000, end=10_010),))
    (patient,) = of_type(write(patient=beyond), "Patient")
    assert "extension" in patient["name"][0]
