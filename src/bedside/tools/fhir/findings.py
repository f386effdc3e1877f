"""Resources for problems, drugs, allergies, procedures, vaccines and relatives: one fact, one resource.

What is written for which assertion:

| fact | present | possible | historical | absent | hypothetical |
|---|---|---|---|---|---|
| disease | active, confirmed | provisional | resolved, confirmed | Observation, absent | set aside |
| symptom | Observation, present | Observation, possible | resolved, confirmed | Observation, absent | set aside |
| allergy | active, confirmed | unconfirmed | active, confirmed | inactive, refuted | set aside |
| medication | by the drug's own status | unknown | completed | not-taken | draft MedicationRequest if planned |
| procedure | completed | unknown | completed | not-done | draft proposal (ServiceRequest) |
| immunization | completed | set aside | completed | not-done | set aside |
| family | partial history | partial history | partial history | set aside | set aside |

The Observations are written by `observations.finding`. A reaction of long ago is an allergy still: only a test or a
dose that was borne ends one, and the record calls that absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bedside.errors import InputError
from bedside.records import NONE_KNOWN, Assertion, Fact, FactKind
from bedside.tools.fhir.dosage import dosage
from bedside.tools.fhir.tables import NO_KNOWN_ALLERGIES, RELATIVES, SEVERITIES, SNOMED
from bedside.tools.fhir.values import Identity, Resource, absent, coded, concept, when
from bedside.tools.terminology import is_chronic

__all__ = ["BUILDERS", "Context", "NotWritten"]

State = TypeVar("State")

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


class NotWritten(InputError):
    """A fact that cannot be written as a resource; the message is the reason, without text of the note."""


@dataclass(frozen=True, slots=True)
class Context:
    """The references that every clinical resource carries."""

    patient: Identity
    encounter: Identity
    software: Identity
    recorded: str
    """An instant with its offset."""
    visited: str | None = None
    """The day of the visit, where a note states it."""
    confirmed: bool = False
    """True if a person has confirmed the case."""


def _problem(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: ("active", "confirmed", "encounter-diagnosis"),
        Assertion.POSSIBLE: ("active", "provisional", "encounter-diagnosis"),
        Assertion.HISTORICAL: ("resolved", "confirmed", "problem-list-item"),
    }
    clinical, verification, category = _state(fact, states)
    if is_chronic(fact.concept):
        # What stays belongs to the problem list.
        category = "problem-list-item"
    resource: Resource = {
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
    if fact.severity is not None:
        resource["severity"] = coded(SNOMED, *SEVERITIES[fact.severity])
    site = " ".join(part for part in (fact.laterality, fact.body_site) if part)
    if site:
        resource["bodySite"] = [concept(site)]
    resource |= when("onset", fact.onset)
    # R4 (con-4): only what is over has an end.
    return resource | (when("abatement", fact.abatement) if clinical == "resolved" else {})


def _allergy(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: ("active", "confirmed"),
        Assertion.POSSIBLE: ("active", "unconfirmed"),
        Assertion.HISTORICAL: ("active", "confirmed"),
        Assertion.ABSENT: ("inactive", "refuted"),
    }
    none_known = fact.display == NONE_KNOWN
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
    resource |= when("onset", fact.onset)
    if fact.text_value and not none_known:
        reaction: Resource = {"manifestation": [concept(fact.text_value)]}
        severity = next((word for word in SEVERITIES if word in fact.text_value.lower().split()), None)
        resource["reaction"] = [reaction | ({"severity": severity} if severity else {})]
    return resource


def _medication(fact: Fact, identity: Identity, context: Context) -> Resource:
    drug = fact.medication
    said = dosage(drug) if drug else None
    if drug and drug.status == "planned" and fact.assertion is Assertion.HYPOTHETICAL:
        # Software proposes; only a person orders.
        proposal: Resource = {
            "resourceType": "MedicationRequest",
            "identifier": identity.identifier,
            "status": "draft",
            "intent": "proposal",
            "medicationCodeableConcept": concept(fact.display, fact.code),
            "subject": context.patient.reference,
            "encounter": context.encounter.reference,
            "authoredOn": context.recorded,
        }
        if said is not None:
            proposal["dosageInstruction"] = [said]
        return proposal
    by_drug = {"active": "active", "stopped": "stopped", "planned": "intended"}[drug.status if drug else "active"]
    states = {
        Assertion.PRESENT: by_drug,
        Assertion.POSSIBLE: "unknown",
        Assertion.HISTORICAL: "stopped" if by_drug == "stopped" else "completed",
        Assertion.ABSENT: "not-taken",
    }
    resource: Resource = {
        "resourceType": "MedicationStatement",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "medicationCodeableConcept": concept(fact.display, fact.code),
        "subject": context.patient.reference,
        "context": context.encounter.reference,
        "dateAsserted": context.recorded,
    }
    began = drug.start.date if drug and drug.start else None
    resource |= {"effectivePeriod": {"start": began}} if began else {"_effectiveDateTime": absent()}
    if said is not None:
        resource["dosage"] = [said]
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
    resource: Resource = {
        "resourceType": "Procedure",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "code": concept(fact.display, fact.code),
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
    }
    return resource | (when("performed", fact.onset) or {"_performedDateTime": absent()})


def _immunization(fact: Fact, identity: Identity, context: Context) -> Resource:
    states = {
        Assertion.PRESENT: "completed",
        Assertion.HISTORICAL: "completed",
        Assertion.ABSENT: "not-done",
    }
    resource: Resource = {
        "resourceType": "Immunization",
        "identifier": identity.identifier,
        "status": _state(fact, states),
        "vaccineCode": concept(fact.display, fact.code),
        "patient": context.patient.reference,
        "encounter": context.encounter.reference,
    }
    # The model refuses an occurrence that has only an extension, and FHIR asks for one: so, a string.
    return resource | (when("occurrence", fact.onset) or {"occurrenceString": "Date not stated"})


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
        article = "an" if fact.kind.value[0] in "aeiou" else "a"
        raise NotWritten(f"{article} {fact.kind.value} that is {fact.assertion.value} has no resource")
    return states[fact.assertion]


BUILDERS: Mapping[FactKind, Callable[[Fact, Identity, Context], Resource]] = {
    FactKind.PROBLEM: _problem,
    FactKind.ALLERGY: _allergy,
    FactKind.MEDICATION: _medication,
    FactKind.PROCEDURE: _procedure,
    FactKind.IMMUNIZATION: _immunization,
    FactKind.FAMILY: _family,
}
"""The function that writes each kind of fact. It raises `NotWritten` with the reason."""
