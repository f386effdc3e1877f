"""Kinds that a validation let pass or refused wrongly: references, systems, invariants of one name, versions.

All resources are invented.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from bedside.tools.fhir import Severity, errors, validate
from bedside.tools.fhir.validation import read_resource

URNS = [f"urn:uuid:11111111-0000-4000-8000-00000000000{number}" for number in range(4)]
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1"}


def condition(reference: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"text": "gout"},
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "subject": {"reference": reference},
    }


def bundle(kind: str, urls: list[str], *resources: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for url, resource in zip(urls, resources, strict=True):
        entry: dict[str, Any] = {"resource": resource} | ({"fullUrl": url} if url else {})
        if kind in ("transaction", "batch"):
            at = f"/{resource['id']}" if method == "PUT" else ""
            entry["request"] = {"method": method, "url": resource["resourceType"] + at}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def places(resource: dict[str, Any]) -> list[str]:
    return [one.location for one in errors(validate(resource))]


BASE = "https://example.org/fhir"
HERE = ["Bundle.entry[1].resource.subject.reference"]


@pytest.mark.parametrize(
    ("kind", "urls", "reference", "wrong"),
    [
        ("transaction", URNS[:2], "Patient/p1", True),
        ("batch", URNS[:2], "Patient/p1", True),
        ("collection", URNS[:2], "Patient/p1", True),
        ("collection", URNS[:2], "Patient/p1/_history/2", True),
        ("collection", [URNS[0], f"{BASE}/Condition/c1"], "Patient/p1", True),
        ("collection", [f"{BASE}/Patient/p1", URNS[1]], "Patient/p1", True),
        ("searchset", URNS[:2], "Patient/p1", True),
        ("transaction", URNS[:2], URNS[0], False),
        ("transaction", URNS[:2], "Patient/p2", False),
        ("collection", URNS[:2], "Patient/p2", False),
        ("transaction", [f"{BASE}/Patient/p1", URNS[1]], "Patient/p1", False),
        ("collection", [f"{BASE}/Patient/p1", f"{BASE}/Condition/c1"], "Patient/p1", False),
        ("collection", [f"{BASE}/Patient/p1", f"{BASE}/Condition/c1"], "Patient/p1/_history/2", False),
    ],
)
def test_a_relative_reference_leads_to_no_entry_under_a_urn(
    kind: str, urls: list[str], reference: str, wrong: bool
) -> None:
    assert places(bundle(kind, urls, PATIENT, condition(reference))) == (HERE if wrong else [])


def test_what_a_transaction_puts_at_a_place_is_there() -> None:
    assert places(bundle("transaction", URNS[:2], PATIENT, condition("Patient/p1"), method="PUT")) == []


@pytest.mark.parametrize(
    ("base", "reference", "wrong"),
    [
        (BASE, "Patient/p1", False),
        (BASE, f"{BASE}/Patient/p1", True),
        ("https://other.example/fhir", "Patient/p1", True),
        (URNS[0], "Patient/p1", True),
    ],
)
def test_a_document_holds_what_is_meant_from_where_it_is_said(base: str, reference: str, wrong: bool) -> None:
    composition = {
        "resourceType": "Composition",
        "id": "d1",
        "status": "final",
        "type": {"text": "summary"},
        "date": "2026-11-24",
        "title": "Summary",
        "author": [{"reference": URNS[3]}],
        "subject": {"reference": reference},
    }
    url = base if base.startswith("urn") else f"{base}/Composition/d1"
    device = {"resourceType": "Device", "id": "v1"}
    document = bundle("document", [url, f"{BASE}/Patient/p1", URNS[3]], composition, PATIENT, device)
    document |= {
        "identifier": {"system": "urn:ietf:rfc:3986", "value": URNS[2]},
        "timestamp": "2026-11-24T12:30:00Z",
    }
    if reference.startswith("https"):
        # An absolute one leads where it says, whoever says it.
        wrong = False
    # What is not meant is not led to either.
    assert set(places(document)) == (
        {"Bundle.entry[0].resource.subject.reference", "Bundle.entry[1]"} if wrong else set()
    )


@pytest.mark.parametrize(
    "system", ["LOINC", "loinc.org", "SNOMED-CT", "http:loinc.org", "//loinc.org", "urn:", "2.16.840"]
)
def test_what_is_no_absolute_uri_names_no_system(system: str) -> None:
    coding = condition("Patient/p1") | {"code": {"coding": [{"system": system, "code": "8867-4"}]}}
    assert places(coding) == ["Condition.code.coding[0].system"]
    patient = PATIENT | {"identifier": [{"system": system, "value": "7"}]}
    assert places(patient) == ["Patient.identifier[0].system"]
    dose = {
        "resourceType": "Substance",
        "code": {"text": "x"},
        "instance": [{"quantity": {"value": 1, "unit": "mg"}}],
    }
    dose["instance"][0]["quantity"] |= {"system": system, "code": "mg"}  # type: ignore[index]
    assert places(dose) == ["Substance.instance[0].quantity.system"]


@pytest.mark.parametrize(
    "system",
    [
        "http://loinc.org",
        "https://example.org",
        "urn:oid:2.16.840.1.113883.6.1",
        "urn:ietf:rfc:3986",
        "urn:iso:std:iso:3166",
        "urn:uuid:11111111-0000-4000-8000-000000000001",
    ],
)
def test_an_absolute_uri_may_name_a_system(system: str) -> None:
    assert places(condition("Patient/p1") | {"code": {"coding": [{"system": system, "code": "8867-4"}]}}) == []


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ({"resourceType": "Patient", "meta": {"tag": [{"system": "LOINC"}]}}, "Patient.meta.tag[0].system"),
        (
            {"resourceType": "ValueSet", "status": "active", "compose": {"include": [{"system": "LOINC"}]}},
            "ValueSet.compose.include[0].system",
        ),
        ({"resourceType": "Patient", "extension": [{"url": "colour", "valueCode": "red"}]}, "Patient.extension"),
        (
            {"resourceType": "Patient", "_birthDate": {"extension": [{"url": "colour", "valueCode": "red"}]}},
            "Patient.birthDate.extension",
        ),
    ],
)
def test_what_must_be_absolute_is_so_wherever_it_is(resource: dict[str, Any], place: str) -> None:
    assert places(resource) == [place]


def test_the_parts_of_an_extension_have_names_of_their_own() -> None:
    extension = {"url": "https://example.org/x", "extension": [{"url": "colour", "valueCode": "red"}]}
    assert places(PATIENT | {"extension": [extension]}) == []


def test_a_profile_is_named_by_an_absolute_uri() -> None:
    assert places(PATIENT | {"meta": {"profile": ["us-core-patient"]}}) == ["Patient.meta.profile[0]"]


TASK = {"resourceType": "Task", "status": "requested", "intent": "order"}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, False),
        ({"authoredOn": "2026-11-24", "lastModified": "2026-11-25"}, False),
        ({"authoredOn": "2026-11-24", "lastModified": "2026-11-24T10:00:00Z"}, False),
        ({"authoredOn": "2026-11-24T10:00:00Z"}, False),
        ({"authoredOn": "2026-11-25", "lastModified": "2026-11-24"}, True),
        ({"authoredOn": "2026-11-24T10:00:00Z", "lastModified": "2026-11-24T09:00:00Z"}, True),
    ],
)
def test_a_task_is_held_to_its_own_rule(more: dict[str, Any], wrong: bool) -> None:
    assert places(TASK | more) == (["Task"] if wrong else [])


OPERATION = {"operation": {"result": "pass"}}
ASSERT = {"assert": {"result": "pass"}}


def report(**more: Any) -> dict[str, Any]:
    script = {"reference": "TestScript/t"}
    return {"resourceType": "TestReport", "status": "completed", "testScript": script, "result": "pass"} | more


@pytest.mark.parametrize("part", ["setup", "test"])
@pytest.mark.parametrize(("action", "wrong"), [(OPERATION, False), (ASSERT, False), (OPERATION | ASSERT, True)])
def test_a_test_report_is_held_to_its_own_rules(part: str, action: dict[str, Any], wrong: bool) -> None:
    inside: Any = {"action": [action]}
    found = places(report(**{part: [inside] if part == "test" else inside}))
    place = f"TestReport.{part}{'[0]' if part == 'test' else ''}.action[0]"
    assert found == ([place] if wrong else [])


def test_a_parameter_is_still_held_to_the_rule_of_the_same_name() -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "a"}]}
    assert places(parameters) == ["Parameters.parameter[0]"]
    parameters["parameter"] = [{"name": "a", "valueString": "b"}]
    assert places(parameters) == []


US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
VITAL = "http://hl7.org/fhir/StructureDefinition/heartrate"
PULSE = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "78564009"}]},
}


@pytest.mark.parametrize(
    ("resource", "profile", "held"),
    [
        (PATIENT, US_CORE, True),
        (PATIENT, f"{US_CORE}|7.0.0", True),
        (PATIENT, f"{US_CORE}|9.0.0", False),
        (PATIENT, f"{US_CORE}|6.1.0", False),
        (PATIENT, f"{US_CORE}|4.0.1", False),
        (PULSE, f"{VITAL}|4.0.1", True),
        (PULSE, f"{VITAL}|5.0.0", False),
        (PULSE, f"{VITAL}|7.0.0", False),
    ],
)
def test_a_profile_of_another_version_is_not_judged_by_the_one_that_is_known(
    resource: dict[str, Any], profile: str, held: bool
) -> None:
    findings = validate(copy.deepcopy(resource) | {"meta": {"profile": [profile]}})
    assert bool(errors(findings)) is held
    told = [one for one in findings if one.rule == "profile"]
    assert [one.severity for one in told] == ([] if held else [Severity.INFORMATION])


@pytest.mark.parametrize(("version", "told"), [("", 0), ("|4.0.1", 0), ("|5.0.0", 1)])
def test_the_type_itself_is_no_profile_in_the_version_that_is_known(version: str, told: int) -> None:
    profile = f"http://hl7.org/fhir/StructureDefinition/Patient{version}"
    findings = validate(PATIENT | {"meta": {"profile": [profile]}})
    assert len([one for one in findings if one.rule == "profile"]) == told


def test_two_contained_resources_of_one_id_cannot_be_told_apart() -> None:
    twice = [{"resourceType": "Practitioner", "id": "a"}, {"resourceType": "Practitioner", "id": "a"}]
    patient = PATIENT | {"contained": twice, "generalPractitioner": [{"reference": "#a"}]}
    assert places(patient) == ["Patient.contained[1].id"]


def test_a_text_that_looks_like_a_link_does_not_use_a_contained_resource() -> None:
    inside = [{"resourceType": "Practitioner", "id": "a"}]
    assert places(PATIENT | {"contained": inside, "name": [{"text": "#a"}]}) == ["Patient"]
    extension = [{"url": "https://example.org/x", "valueUri": "#a"}]
    assert places(PATIENT | {"contained": inside, "extension": extension}) == []


def test_the_lines_of_ndjson_find_each_other_by_type_and_id() -> None:
    lines = [
        PATIENT,
        condition("Patient/p1"),
        condition("Patient/p1") | {"id": "c2", "subject": {"reference": "X"}},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    assert places(read_resource(data)) == ["Bundle.entry[2].resource.subject.reference"]
