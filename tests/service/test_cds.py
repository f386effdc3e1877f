"""CDS Hooks 2.0: what is accepted and refused, cards with their evidence, callers by signed tokens, feedback.

Synthetic patients.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bedside.persistence import Scope
from bedside.service.cds.models import Cards, Feedback, HookRequest
from tests.service.conftest import Server

URL = "/cds-services/bedside-patient-view"
HL7 = "http://terminology.hl7.org/CodeSystem"
CANARIES = ("Quillfeather", "Marrowgate", "QX-778-31902")


def observation(loinc: str, value: float, unit: str, hours: float = 1.0, patient: str = "p1") -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(hours=hours)
    return {
        "resourceType": "Observation",
        "id": f"o-{loinc}-{hours:g}",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}], "text": NAMES[loinc]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": at.isoformat(timespec="seconds"),
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


NAMES = {
    "8867-4": "Heart rate",
    "9279-1": "Respiratory rate",
    "8310-5": "Body temperature",
    "59408-5": "Oxygen saturation",
    "8480-6": "Systolic blood pressure",
}
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": CANARIES[0], "given": ["Synthetic"]}],
    "gender": "female",
    "birthDate": "1958-02-03",
    "address": [{"city": CANARIES[1]}],
    "identifier": [{"value": CANARIES[2]}],
}


def searchset(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def medication(text: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m-{text}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": text},
        "subject": {"reference": "Patient/p1"},
    }


def allergy(text: str) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{text}",
        "clinicalStatus": {"coding": [{"system": f"{HL7}/allergyintolerance-clinical", "code": "active"}]},
        "code": {"text": text},
        "patient": {"reference": "Patient/p1"},
    }


SICK = (observation("8867-4", 132, "/min"), observation("9279-1", 28, "/min"), observation("8480-6", 86, "mm[Hg]"))
WELL = (
    observation("8867-4", 72, "/min"),
    observation("9279-1", 14, "/min"),
    observation("8480-6", 124, "mm[Hg]"),
    observation("8310-5", 36.8, "Cel"),
    observation("59408-5", 98, "%"),
)


def asked(*vitals: dict[str, Any], hook: str = "patient-view", **more: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/d1", "patientId": "p1", "encounterId": "e1"}
    prefetch = {"patient": PATIENT, "vitals": searchset(*vitals), "conditions": None, **more.pop("prefetch", {})}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": prefetch,
        **more,
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    request = asked()
    *parents, last = path.split(".")
    place: Any = request
    for one in parents:
        place = place[one]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return request


GRANTED = {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}

# ----- requests and answers

ACCEPTED = [
    asked(),
    changed("context.encounterId", None),
    changed("prefetch", None),
    changed("hook", "encounter-start"),
    changed("extension", {"a": 1}),
    changed("context.userId", "PractitionerRole/a.b-c"),
    {**changed("hook", "order-sign"), "context": {**asked()["context"], "draftOrders": searchset(medication("x"))}},
    {
        **changed("hook", "order-select"),
        "context": {
            **asked()["context"],
            "draftOrders": searchset(medication("x")),
            "selections": ["MedicationRequest/m-x"],
        },
    },
    changed("hook", "some-other-hook"),
]

REFUSED = [
    changed("hook", None),
    changed("hook", "Patient View"),
    changed("hookInstance", None),
    changed("hookInstance", "not a uuid"),
    changed("context", None),
    changed("context", []),
    changed("context.patientId", None),
    changed("context.patientId", "Patient/p1"),
    changed("context.patientId", "p 1"),
    changed("context.userId", None),
    changed("context.userId", "d1"),
    changed("context.encounterId", "Encounter/e1"),
    {**changed("hook", "encounter-start"), "context": {"userId": "Practitioner/d1", "patientId": "p1"}},
    changed("prefetch.patient", {"response": {"status": "200 OK"}, "resource": PATIENT}),
    changed("prefetch.patient", "Patient/p1"),
    changed("prefetch", [PATIENT]),
    changed("fhirServer", "ftp://fhir.example.org"),
    changed("fhirServer", "fhir.example.org"),
    {**asked(), "fhirAuthorization": GRANTED},
    {
        **asked(),
        "fhirServer": "https://fhir.example.org",
        "fhirAuthorization": {**GRANTED, "token_type": "MAC"},
    },
    {**changed("hook", "order-sign"), "context": asked()["context"]},
    {**changed("hook", "order-sign"), "context": {**asked()["context"], "draftOrders": PATIENT}},
    {
        **changed("hook", "order-select"),
        "context": {
            **asked()["context"], "draftOrders": searchset(medication("x")), "selections": ["MedicationRequest/y"],
        },
    },
    {
        **changed("hook", "order-select"),
        "context": {**asked()["context"], "draftOrders": searchset(medication("x")), "selections": []},
    },
]  # fmt: skip


@pytest.mark.parametrize("request_", ACCEPTED)
def test_a_request_is_accepted(request_: dict[str, Any]) -> None:
    assert HookRequest.model_validate(request_).patient == "p1"


@pytest.mark.parametrize("request_", REFUSED)
def test_a_request_is_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HookRequest.model_validate(request_)


CARD = {"summary": "x", "indicator": "info", "source": {"label": "a"}}


@pytest.mark.parametrize(
    "cards",
    [
        {},
        {"cards": [{"summary": "x", "indicator": "hard-stop", "source": {"label": "a"}}]},
        {"cards": [{"summary": "x", "indicator": "info", "source": {}}]},
        {"cards": [{"summary": "x", "indicator": "info"}]},
        {
            "cards": [
                {"summary": "x", "indicator": "info", "source": {"label": "a"}, "suggestions": [{"label": "b"}]}
            ]
        },
        {"cards": [{"summary": "x", "indicator": "info", "source": {"label": "a"}, "links": [{"label": "b"}]}]},
    ],
)
def test_an_answer_that_is_none_cannot_be_made(cards: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Cards.model_validate(cards)


# ----- the service


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what is loaded at first use, on a busy machine."""
    monkeypatch.setattr("bedside.service.cds.routes.SECONDS", 120)


@pytest.fixture
def key(server: Server) -> dict[str, str]:
    return server.key(Scope.RUN, name="a synthetic record")


def cards(server: Server, body: dict[str, Any], key: dict[str, str], url: str = URL) -> list[dict[str, Any]]:
    answer = server.client.post(url, json=body, headers=key)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = Cards.model_validate(answer.json()).model_dump(exclude_none=True)["cards"]
    return found


def test_discovery_is_open_and_names_hooks_and_prefetch(server: Server) -> None:
    found = server.client.get("/cds-services").json()["services"]
    assert {one["hook"]: one["id"] for one in found} == {
        "patient-view": "bedside-patient-view",
        "encounter-start": "bedside-encounter-start",
    }
    assert all(one["prefetch"]["patient"] == "Patient/{{context.patientId}}" for one in found)


def test_a_sick_patient_makes_a_critical_card_with_its_evidence(server: Server, key: dict[str, str]) -> None:
    (card,) = cards(server, asked(*SICK), key)
    assert card["indicator"] == "critical"
    assert len(card["summary"]) < 140
    assert "132" in card["detail"]
    assert "NEWS2" in card["detail"]
    assert "not a medical device" in card["source"]["label"]


def test_the_link_leads_to_a_case_at_the_desk_of_this_patient(server: Server, key: dict[str, str]) -> None:
    (card,) = cards(server, asked(*SICK), key)
    (again,) = cards(server, asked(*SICK), key)
    url = card["links"][0]["url"]
    assert url == again["links"][0]["url"]  # a chart that is opened again makes no second case
    case = url.rsplit("/", 1)[1]
    assert server.settled(case, key)["urgency"] in (1, 2)
    assert server.store.runs.get(case).patient.endswith("/Patient/p1")
    reader = server.key(Scope.REVIEW)
    assert server.client.get(f"/desk/cases/{case}", headers=reader).status_code == 200


def test_a_well_patient_makes_no_card_and_leaves_no_case(server: Server, key: dict[str, str]) -> None:
    assert cards(server, asked(*WELL), key) == []
    assert server.client.get("/api/runs", headers=key).json() == []


def test_what_lacks_is_named_and_proposed_as_a_draft(server: Server, key: dict[str, str]) -> None:
    (card,) = cards(server, asked(*SICK), key)
    assert "NEWS2 is incomplete" in card["detail"]
    (action,) = card["suggestions"][0]["actions"]
    assert (action["resource"]["status"], action["resource"]["intent"]) == ("draft", "proposal")
    assert action["resource"]["subject"] == {"reference": "Patient/p1"}
    assert "temperature" in action["resource"]["code"]["text"]


def test_old_vital_signs_are_not_the_state_of_now(server: Server, key: dict[str, str]) -> None:
    old = [observation("8867-4", 132, "/min", 60), observation("8480-6", 86, "mm[Hg]", 60)]
    assert cards(server, asked(*old), key) == []
    (card,) = cards(server, asked(*SICK, *old), key)
    assert "2 older vital signs" in card["detail"]


def test_a_drug_that_the_patient_is_allergic_to_makes_a_card(server: Server, key: dict[str, str]) -> None:
    more = {
        "medications": searchset(medication("Amoxicillin 500 mg")),
        "allergies": searchset(allergy("Penicillin")),
    }
    found = cards(server, asked(*WELL, prefetch=more), key)
    assert [one["indicator"] for one in found] == ["warning"]
    assert "penicillin" in found[0]["summary"].lower()


def test_another_patients_resources_make_no_card(server: Server, key: dict[str, str]) -> None:
    foreign = [copy.deepcopy(one) | {"subject": {"reference": "Patient/p2"}} for one in SICK]
    assert cards(server, asked(*foreign), key) == []


def test_who_waits_too_long_is_told_that_nothing_is_known_yet(
    server: Server, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedside.service.cds.routes.SECONDS", 0)
    (card,) = cards(server, asked(*SICK), key)
    assert (card["indicator"], "nothing is known of it yet" in card["summary"]) == ("info", True)
    assert server.settled(card["links"][0]["url"].rsplit("/", 1)[1], key)["urgency"] in (1, 2)


def test_encounter_start_answers_too(server: Server, key: dict[str, str]) -> None:
    body = asked(*SICK, hook="encounter-start")
    assert cards(server, body, key, "/cds-services/bedside-encounter-start")
    assert server.client.post(URL, json=body, headers=key).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(asked(), 401), ({}, 401)],
)
def test_without_a_caller_nothing_is_answered(server: Server, body: dict[str, Any], status: int) -> None:
    assert server.client.post(URL, json=body).status_code == status


@pytest.mark.parametrize("request_", REFUSED)
def test_guarantee_a_bad_request_is_refused_in_problem_details_without_a_word_of_it(
    server: Server, key: dict[str, str], request_: dict[str, Any]
) -> None:
    answer = server.client.post(URL, json=request_, headers=key)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert not any(canary in answer.text for canary in CANARIES)


def test_without_prefetch_and_access_it_is_a_412(server: Server, key: dict[str, str]) -> None:
    answer = server.client.post(URL, json=changed("prefetch", None), headers=key)
    assert (answer.status_code, answer.headers["content-type"]) == (412, "application/problem+json")
    # A server that nobody named is not asked: the request must not lead this server anywhere.
    inside = {**changed("prefetch", None), "fhirServer": "http://127.0.0.1:9/fhir", "fhirAuthorization": GRANTED}
    assert server.client.post(URL, json=inside, headers=key).status_code == 412


def test_feedback_is_counted_and_in_the_trail(server: Server, key: dict[str, str]) -> None:
    (card,) = cards(server, asked(*SICK), key)
    outcome = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-30T10:00:00Z",
        "overrideReason": {"userComment": f"{CANARIES[0]} is in theatre"},
    }
    answer = server.client.post(f"{URL}/feedback", json={"feedback": [outcome]}, headers=key)
    assert answer.status_code == 200
    assert f"cds.feedback {card['uuid']} overridden" in {one.action for one in server.store.audit().entries}
    assert 'bedside_cds_feedback_total{outcome="overridden"} 1' in server.client.get("/metrics").text
    assert CANARIES[0] not in str(server.store.audit().entries)
    bad = {"feedback": [{**outcome, "outcome": "ignored"}]}
    assert server.client.post(f"{URL}/feedback", json=bad, headers=key).status_code == 422
    with pytest.raises(ValidationError):
        Feedback.model_validate({"feedback": [{**outcome, "outcome": "accepted"}]})


NONSENSE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x",
    "Patient/p1",
    [],
    [None],
    [[]],
    {},
    {"a": None},
    {"reference": 7},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values inside a value."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, one in inner for found in places(one, (*path, name)))]


def test_no_nonsense_in_a_record_brings_the_service_down(server: Server, key: dict[str, str]) -> None:
    """At each place of a request stands each kind of nonsense once."""
    drug, cause = medication("Amoxicillin 500 mg"), allergy("Penicillin")
    whole = asked(SICK[0], prefetch={"medications": searchset(drug), "allergies": searchset(cause)})
    paths = [path for path in places(whole) if path]
    for number, path in enumerate(paths):
        for shift in (0, 5, 9):
            request = copy.deepcopy(whole)
            place = request
            for one in path[:-1]:
                place = place[one]
            place[path[-1]] = NONSENSE[(number + shift) % len(NONSENSE)]
            answer = server.client.post(URL, json=request, headers=key)
            assert answer.status_code in (200, 404, 412, 422), (path, place[path[-1]], answer.text)
