"""Resources for problems, drugs, allergies, procedures, vaccines and relatives: one fact, one resource.

What is written for which assertion:

| fact | present | possible | historical | absent | hypothetical |
|---|---|---|---|---|---|
| problem | active, confirmed | provisional | resolved, confirmed | set aside: denied, not refuted | set aside |
| allergy | active, confirmed | unconfirmed | resolved, confirmed | inactive, refuted | set aside |
| medication | by the drug's own status | unknown | completed | not-taken | intended if planned, else set aside |
| procedure | completed | unknown | completed | not-done | draft proposal (ServiceRequest) |
| immunization | completed | set aside | completed | not-done | set aside |
| family | partial history | partial history | partial history | set aside | set aside |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bedside.errors import InputError
from bedside.records import Assertion, Fact, FactKind
from bedside.tools.fhir.tables import NO_KNOWN_ALLERGIES, RELATIVES
from bedside.tools.fhir.values import Identity, Resource, absent, coded, concept

__all__ = ["BUILDERS", "Context", "NotWritten"]

State = TypeVar("State")

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


class NotWritten(InputError):
    """This fact has no resource; the message is the reason, without text of the note."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every clinical resource refers to."""

    patient: Identity
    encounter: Identity
    software: Identity
    recorded: str
    """An instant with its offset."""


def _problem(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: ("active", "confirmed", "encounter-diagnosis"),
        Assertion.POSSIBLE: ("active", "provisional", "encounter-diagnosis"),
        Assertion.HISTORICAL: ("resolved", "confirmed", "problem-list-item"),
    }
    clinical, verification, category = _state(fact, states)
    return {
        "resourceType": "Condition",
        "identifier": identity.identifier,
        "clinicalStatus": coded(f"{TERMINOLOGY}/condition-clinical", clinical),
        "verificationStatus": coded(f"{TERMINOLOGY}/condition-ver-status", verification),
        "category": [coded(f"{TERMINOLOGY}/condition-category", category)],
        "code": concept(fact.display, fact.code),
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "recordedDate": context.recorded,
    }


def _allergy(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: ("active", "confirmed"),
        Assertion.POSSIBLE: ("active", "unconfirmed"),
        Assertion.HISTORICAL: ("resolved", "confirmed"),
        Assertion.ABSENT: ("inactive", "refuted"),
    }
    none_known = fact.concept == "no-known-allergies"
    clinical, verification = ("active", "confirmed") if none_known else _state(fact, states)
    code = concept("No known allergies", NO_KNOWN_ALLERGIES) if none_known else concept(fact.display, fact.code)
    resource: Resource = {
        "resourceType": "AllergyIntolerance",
        "identifier": identity.identifier,
        "clinicalStatus": coded(f"{TERMINOLOGY}/allergyintolerance-clinical", clinical),
        "verificationStatus": coded(f"{TERMINOLOGY}/allergyintolerance-verification", verification),
        "code": code,
        "patient": context.patient.reference,
        "encounter": context.encounter.reference,
        "recordedDate": context.recorded,
    }
    if fact.text_value and not none_known:
        resource["reaction"] = [{"manifestation": [concept(fact.text_value)]}]
    return resource


def _medication(fact: Fact, identity: Identity, context: Context) -> Resource:
    drug = fact.medication
    by_drug = {"active": "active", "stopped": "stopped", "planned": "intended"}[drug.status if drug else "active"]
    states = {
        Assertion.PRESENT: by_drug,
        Assertion.POSSIBLE: "unknown",
        Assertion.HISTORICAL: "stopped" if by_drug == "stopped" else "completed",
        Assertion.ABSENT: "not-taken",
    }
    if by_drug == "intended":
        states[Assertion.HYPOTHETICAL] = by_drug
    resource: Resource = {
        "resourceType": "MedicationStatement",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "medicationCodeableConcept": concept(fact.display, fact.code),
        "subject": context.patient.reference,
        "context": context.encounter.reference,
        "_effectiveDateTime": absent(),
        "dateAsserted": context.recorded,
    }
    said = [part for part in (drug.dose, drug.route, drug.frequency) if part] if drug else []
    if drug and said:
        dosage: Resource = {"text": " ".join(said)}
        if drug.frequency:
            dosage["timing"] = {"code": concept(drug.frequency)}
        if drug.route:
            dosage["route"] = concept(drug.route)
        resource["dosage"] = [dosage]
    return resource


def _procedure(fact: Fact, identity: Identity, context: Context) -> Resource:
    if fact.assertion is Assertion.HYPOTHETICAL:
        return {
            "resourceType": "ServiceRequest",
            "identifier": identity.identifier,
            "status": "draft",
            "intent": "proposal",
            "code": concept(fact.display, fact.code),
            "subject": context.patient.reference,
            "encounter": context.encounter.reference,
        }
    states = {
        Assertion.PRESENT: "completed",
        Assertion.POSSIBLE: "unknown",
        Assertion.HISTORICAL: "completed",
        Assertion.ABSENT: "not-done",
    }
    return {
        "resourceType": "Procedure",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "code": concept(fact.display, fact.code),
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "_performedDateTime": absent(),
    }


def _immunization(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: "completed",
        Assertion.HISTORICAL: "completed",
        Assertion.ABSENT: "not-done",
    }
    return {
        "resourceType": "Immunization",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "vaccineCode": concept(fact.display, fact.code),
        "patient": context.patient.reference,
        "encounter": context.encounter.reference,
        # The model refuses an occurrence that has only an extension, and FHIR asks for one: so, a string.
        "occurrenceString": "Date not stated",
    }


def _family(fact: Fact, identity: Identity, context: Context) -> Resource:
    if fact.assertion in (Assertion.ABSENT, Assertion.HYPOTHETICAL):
        raise NotWritten(f"a family history that is {fact.assertion.value} has no resource")
    relative = (fact.text_value or "family member").strip()
    role = RELATIVES.get(relative.lower(), "FAMMEMB")
    relationship = coded(f"{TERMINOLOGY}/v3-RoleCode", role) | {"text": relative}
    return {
        "resourceType": "FamilyMemberHistory",
        "identifier": identity.identifier,
        "status": "partial",
        "patient": context.patient.reference,
        "relationship": relationship,
        "condition": [{"code": concept(fact.display, fact.code)}],
    }


def _state(fact: Fact, states: Mapping[Assertion, State]) -> State:
    if fact.assertion not in states:
        raise NotWritten(f"a {fact.kind.value} that is {fact.assertion.value} has no resource")
    return states[fact.assertion]


BUILDERS: Mapping[FactKind, Callable[[Fact, Identity, Context], Resource]] = {
    FactKind.PROBLEM: _problem,
    FactKind.ALLERGY: _allergy,
    FactKind.MEDICATION: _medication,
    FactKind.PROCEDURE: _procedure,
    FactKind.IMMUNIZATION: _immunization,
    FactKind.FAMILY: _family,
}
"""Kind of fact to the function that writes it. It raises `NotWritten` with the reason."""
