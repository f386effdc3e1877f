"""Defects planted into valid bundles, by class: what is changed, and where the validation must point. All invented.

The bundles are the transaction that the scribe writes of an invented note, and a small document, message and
searchset. Each is accepted as it is, so that what is found is the defect's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.fhir.cases import write
from tests.fhir.facts import ASSESSMENT, FACTS, PATIENT

__all__ = ["BUNDLES", "DEFECTS", "Defect", "planted"]

Json = dict[str, Any]
TABLE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class Defect:
    """One change to one bundle: a row of the table.

    Attributes:
        kind: Class of the defect.
        name: What is wrong.
        bundle: Name of the bundle.
        path: What is changed.
        change: The new value as JSON, `-` where it is taken out, or `=PATH` where it is copied.
        location: Where a finding must point, below the bundle.
    """

    kind: str
    name: str
    bundle: str
    path: str
    change: str
    location: str


def _transaction() -> Json:
    # The disease first: the table counts on its Condition as entry 4.
    text = write(*FACTS[-1:], *FACTS[1:-1], FACTS[0], assessment=ASSESSMENT, patient=PATIENT).to_json()
    bundle: Json = json.loads(text, parse_float=Decimal)
    return bundle


def _entry(kind: str, number: int, **elements: Any) -> Json:
    url = f"urn:uuid:11111111-0000-4000-8000-00000000000{number}"
    return {"fullUrl": url, "resource": {"resourceType": kind} | elements}


def _reference(number: int) -> Json:
    return {"reference": f"urn:uuid:11111111-0000-4000-8000-00000000000{number}"}


def _document() -> Json:
    composition = _entry(
        "Composition",
        1,
        status="final",
        type={"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
        subject=_reference(2),
        date="2026-11-24T12:30:00Z",
        author=[_reference(3)],
        title="Patient summary",
        section=[{"title": "Problems", "entry": [_reference(4)]}],
    )
    patient = _entry("Patient", 2, birthDate="1958-03-14", deceasedDateTime="2025-01-02")
    device = _entry("Device", 3, status="active")
    condition = _entry(
        "Condition",
        4,
        clinicalStatus={
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]
        },
        code={"text": "Gout"},
        subject=_reference(2),
        onsetDateTime="2019-05-01",
        abatementDateTime="2020-05",
        note=[{"text": "As told."}],
        evidence=[{"code": [{"text": "Uric acid"}]}],
    )
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:11111111-0000-4000-8000-000000000009"},
        "type": "document",
        "timestamp": "2026-11-24T12:30:00Z",
        "entry": [composition, patient, device, condition],
    }


def _message() -> Json:
    header = _entry(
        "MessageHeader",
        1,
        eventCoding={"system": "https://example.org/events", "code": "triage"},
        source={"endpoint": "https://example.org/bedside"},
        focus=[_reference(2)],
    )
    patient = _entry(
        "Patient", 2, contact=[{"name": {"family": "Roe"}, "period": {"start": "2020", "end": "2021"}}]
    )
    return {"resourceType": "Bundle", "type": "message", "entry": [header, patient]}


def _searchset() -> Json:
    organization = {"resourceType": "Organization", "id": "o1", "name": "Clinic"}
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ann</p></div>'},
        "contained": [organization],
        "photo": [{"contentType": "image/png", "data": "aGVsbG8="}],
        "managingOrganization": {"reference": "#o1"},
        "extension": [{"url": "https://example.org/colour", "valueCode": "red"}],
    }
    observation = {
        "resourceType": "Observation",
        "id": "b1",
        "status": "final",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "271649006"}]},
        "subject": {"reference": "Patient/p1"},
        "valueQuantity": {"value": 7, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        "referenceRange": [{"low": {"value": 3}}],
        "component": [{"code": {"text": "of it"}, "valueString": "clear"}],
    }
    request = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "243670"}]
        },
        "subject": {"reference": "Patient/p1"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]}},
                "doseAndRate": [{"doseQuantity": {"value": 81, "unit": "mg"}}],
            }
        ],
    }
    found = [patient, observation, request]
    entries = [
        {
            "fullUrl": f"https://example.org/fhir/{one['resourceType']}/{one['id']}",
            "resource": one,
            "search": {"mode": "match"},
        }
        for one in found
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": 3, "entry": entries}


BUNDLES: dict[str, Callable[[], Json]] = {
    "transaction": _transaction,
    "document": _document,
    "message": _message,
    "searchset": _searchset,
}


def _defects() -> tuple[Defect, ...]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = ([*line.split("\t"), ""] for line in lines if not line.startswith("#"))
    return tuple(
        Defect(kind, name, bundle, path, change, location or path)
        for kind, name, bundle, path, change, location, *_ in rows
    )


DEFECTS = _defects()


def planted(defect: Defect) -> Json:
    """The bundle with the defect in it."""
    bundle = BUNDLES[defect.bundle]()
    *above, last = _steps(defect.path)
    place = _at(bundle, above)
    if defect.change == "-":
        del place[last]
    elif defect.change.startswith("="):
        place[last] = _at(bundle, _steps(defect.change[1:]))
    else:
        place[last] = json.loads(defect.change)
    return bundle


def _steps(path: str) -> list[Any]:
    found = re.findall(r"(\w+)|\[(\d+)\]", path)
    return [name or int(number) for name, number in found if name or number]


def _at(value: Any, steps: list[Any]) -> Any:
    for step in steps:
        value = value[step]
    return value
