"""Resources about the case as a whole: patient, encounter, documents, software, urgency, provenance."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from bedside.records import DocumentKind, Evidence, PageRegion
from bedside.tools.fhir.findings import Context
from bedside.tools.fhir.imaging import region
from bedside.tools.fhir.tables import (
    DOCUMENT_TYPES,
    EMERGENCY,
    ENCOUNTER_PRIORITY,
    ENCOUNTERS,
    LOINC,
    NOTE,
    RISK,
    TRIAGE_NOTE,
    TRIAGED,
    VISIT,
)
from bedside.tools.fhir.values import JSON, Identity, Resource, absent, coded

__all__ = [
    "SOURCE_CHARACTERS_URL",
    "STATED_NUMBER_SYSTEM",
    "detected_issue",
    "device",
    "document_reference",
    "encounter",
    "flag",
    "laboratory_report",
    "patient",
    "provenance",
    "risk_assessment",
]

# Each a random UUID, made once.
EAR_SYSTEM = "urn:uuid:d3e9a191-595d-4b52-9873-ef3f357efc97"
PROMPT_SYSTEM = "urn:uuid:5ec4ef25-42e4-47df-9e47-2e0bbf0c5e52"
SOURCE_CHARACTERS_URL = "urn:uuid:4c12c871-0ce5-4232-bbe6-97ebbef64d6a"
"""Extension "source characters" on Provenance.target: which characters of the source note state the target.

Complex, with two `valueUnsignedInt` parts, `start` and `end`: Unicode code points of the decoded attachment of
the DocumentReference in the first `entity.what`, counted from 0, `end` exclusive. There are as many as passages.
"""
STATED_NUMBER_SYSTEM = "urn:uuid:016e956e-1bec-4c6a-bf8d-04492839a3e8"
"""The system of record numbers as the note states them; who issued them is not known."""

NOT_UNDERSTOOD = "Not understood: a person must read the note and set the priority"

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def patient(
    identity: Identity,
    *,
    name: Resource | None = None,
    gender: str | None = None,
    birth_date: str | None = None,
    numbers: Sequence[str] = (),
) -> Resource:
    """Return the Patient resource; what the note does not state is marked absent.

    Args:
        identity: Its own identifier.
        name: A HumanName, or `None`.
        gender: `male`, `female` or `None`.
        birth_date: ISO 8601, or `None`.
        numbers: Record numbers as stated.
    """
    stated: list[JSON] = [{"system": STATED_NUMBER_SYSTEM, "value": number} for number in numbers]
    resource: Resource = {
        "resourceType": "Patient",
        "identifier": [*identity.identifier, *stated],
        "name": [absent() if name is None else name],
        "gender": gender or "unknown",
    }
    return resource | ({"_birthDate": absent()} if birth_date is None else {"birthDate": birth_date})


def encounter(
    identity: Identity,
    patient: Identity,
    urgency: int | None,
    *,
    triage: bool,
    kinds: Sequence[DocumentKind | None] = (),
    understood: bool = True,
    visited: str | None = None,
) -> Resource:
    """Return the Encounter: an emergency that was triaged, or a visit whose status the notes do not state.

    It is an emergency only if a document describes a patient who waits now: a letter or a report describes a former
    encounter, whatever a triage makes of its words. Of several documents a visit note says what it was, else the
    first one. Where the note was not understood its priority is no code, but the words that ask for a person.

    Args:
        identity: Its own identifier.
        patient: The patient.
        urgency: The proposed one, or `None`. Only of a patient who is here it is the priority of the encounter.
        triage: Whether the notes were triaged.
        kinds: The kinds of the documents.
        understood: Whether the notes were.
        visited: The day that the notes name. Of a stay it may be any of its days, so that it is no beginning.
    """
    emergency = triage and (not kinds or not TRIAGED.isdisjoint(kinds))
    here = emergency or DocumentKind.VISIT_NOTE in kinds
    told = DocumentKind.VISIT_NOTE if here or not kinds else kinds[0]
    class_code, display, kind = EMERGENCY if emergency else ENCOUNTERS.get(told, VISIT)
    resource: Resource = {
        "resourceType": "Encounter",
        "identifier": identity.identifier,
        "status": "triaged" if emergency else "unknown",
        "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": class_code, "display": display},
        "type": [{"text": kind}],
        "subject": patient.reference,
    }
    if visited is not None and class_code != "IMP":
        resource["period"] = {"start": visited}
    if not here:
        return resource
    if urgency is not None:
        resource["priority"] = coded(f"{TERMINOLOGY}/v3-ActPriority", ENCOUNTER_PRIORITY[urgency])
    elif not understood:
        resource["priority"] = {"text": NOT_UNDERSTOOD}
    return resource


def document_reference(
    identity: Identity, context: Context, text: str, *, triage: bool, kind: DocumentKind | None = None
) -> Resource:
    """Return the DocumentReference of the source note: its text and its SHA-1, FHIR's hash of an attachment."""
    data = text.encode()
    named = TRIAGE_NOTE if triage and kind in TRIAGED else DOCUMENT_TYPES.get(kind, NOTE)
    category = coded("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note")
    return {
        "resourceType": "DocumentReference",
        "identifier": identity.identifier,
        "status": "current",
        "type": coded(LOINC, *named),
        "category": [category],
        "subject": context.patient.reference,
        "date": context.recorded,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain;charset=utf-8",
                    "data": base64.b64encode(data).decode(),
                    "size": len(data),
                    "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
                }
            }
        ],
        "context": {"encounter": [context.encounter.reference]},
    }


def device(identity: Identity, name: str, version: str) -> Resource:
    """Return the Device resource of the software that wrote the bundle."""
    return {
        "resourceType": "Device",
        "identifier": identity.identifier,
        "status": "active",
        "deviceName": [{"name": name, "type": "model-name"}],
        "version": [{"value": version}],
        "type": {"text": "Clinical documentation software"},
    }


def laboratory_report(identity: Identity, context: Context, results: Sequence[Identity]) -> Resource:
    """Return the DiagnosticReport that groups the laboratory results of a case."""
    resource: Resource = {
        "resourceType": "DiagnosticReport",
        "identifier": identity.identifier,
        "status": "preliminary",
        "category": [coded(f"{TERMINOLOGY}/v2-0074", "LAB", "Laboratory")],
        "code": coded(LOINC, "11502-2", "Laboratory report") | {"text": "Laboratory results stated in the note"},
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "issued": context.recorded,
        "result": [result.reference for result in results],
    }
    return resource | ({"effectiveDateTime": context.visited} if context.visited else {"effectivePeriod": absent()})


def detected_issue(
    identity: Identity,
    context: Context,
    *,
    code: str,
    message: str,
    severity: str | None,
    implicated: Sequence[Identity],
) -> Resource:
    """Return a DetectedIssue, a doubt about what was read: it is shown to a person, never corrected silently."""
    resource: Resource = {
        "resourceType": "DetectedIssue",
        "identifier": identity.identifier,
        "status": "preliminary",
        "code": {"text": code.replace("-", " ")},
        "patient": context.patient.reference,
        "identifiedDateTime": context.recorded,
        "author": context.software.reference,
        "detail": message,
    }
    references = [item.reference for item in implicated]
    graded = {"severity": severity} if severity else {}
    return resource | graded | ({"implicated": references} if references else {})


def flag(identity: Identity, context: Context, *, urgency: int, found: Sequence[str]) -> Resource:
    """Return a Flag that a person must see before anything else of the case: how urgent, and what was found.

    The reasons in full are in the RiskAssessment alone.
    """
    proposed = "" if context.confirmed else ", proposed and not confirmed"
    title = f"{RISK[urgency][0]} (triage urgency {urgency} of 5{proposed})"
    return {
        "resourceType": "Flag",
        "identifier": identity.identifier,
        "status": "active",
        "category": [coded(f"{TERMINOLOGY}/flag-category", "clinical", "Clinical")],
        "code": {"text": f"{title}: {', '.join(found)}" if found else title},
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "author": context.software.reference,
    }


def risk_assessment(
    identity: Identity,
    context: Context,
    *,
    urgency: int,
    reasons: Iterable[str],
    basis: Iterable[Identity],
) -> Resource:
    """Return the RiskAssessment: the proposed urgency with its reasons, preliminary since a person decides."""
    text, risk = RISK[urgency]
    resource: Resource = {
        "resourceType": "RiskAssessment",
        "identifier": identity.identifier,
        "status": "preliminary",
        "code": {"text": "Triage urgency, 1 (immediate) to 5 (routine)"},
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "occurrenceDateTime": context.recorded,
        "performer": context.software.reference,
        "prediction": [
            {
                "outcome": {"text": f"Urgency {urgency}: {text.lower()}"},
                "qualitativeRisk": coded(f"{TERMINOLOGY}/risk-probability", risk),
                "rationale": "; ".join(reasons),
            }
        ],
    }
    references = [item.reference for item in basis]
    return resource | ({"basis": references} if references else {})


def _characters(evidence: Evidence) -> Resource:
    return {
        "url": SOURCE_CHARACTERS_URL,
        "extension": [
            {"url": "start", "valueUnsignedInt": evidence.start},
            {"url": "end", "valueUnsignedInt": evidence.end},
        ],
    }


def _target(identity: Identity, places: Iterable[Evidence | PageRegion]) -> Resource:
    """Return a reference to a resource, with the places of the source that state it."""
    extensions = [region(place) if isinstance(place, PageRegion) else _characters(place) for place in places]
    return ({"extension": extensions} if extensions else {}) | identity.reference


def provenance(
    context: Context,
    *,
    targets: Mapping[Identity, Iterable[Evidence | PageRegion]],
    source: Identity | None = None,
    reviewer: str = "",
    edited: bool = False,
    prompts: Iterable[str] = (),
    ear: str = "",
) -> Resource:
    """Return the Provenance: who made the resources, from which characters of a note or pixels of an image.

    The places are extensions on the target that they state: one Provenance then covers many resources, and
    each of them keeps its own. What rests on several sources is the target of several Provenances.

    Args:
        targets: The resources, each with its places in the source.
        source: The note or image; the first entity.
        prompts: The prompts with which a model was asked, as `ClinicalRecord.prompts` names them.
        ear: The second ear that listened, with the hash of what it was trained on; empty where none did.
        reviewer: The person who confirmed it, or empty. Named by text: the note does not state their record.
        edited: Whether that person changed what the software made of the characters.
    """
    entities: list[JSON] = [] if source is None else [{"role": "source", "what": source.reference}]
    entities += [
        {
            "role": "source",
            "what": {"identifier": {"system": PROMPT_SYSTEM, "value": name}, "display": f"prompt {name}"},
        }
        for name in prompts
    ]
    if ear:
        entities.append(
            {"role": "source", "what": {"identifier": {"system": EAR_SYSTEM, "value": ear}, "display": ear}}
        )
    agent: Resource = {
        "type": coded(f"{TERMINOLOGY}/provenance-participant-type", "assembler"),
        "who": context.software.reference,
        # US Core (provenance-1) requires on whose behalf a device acts; the note does not state it.
        "onBehalfOf": {"display": "Operator of the software"},
    }
    verifier: Resource = {
        "type": coded(f"{TERMINOLOGY}/provenance-participant-type", "verifier"),
        "who": {"display": reviewer},
    }
    verifiers: list[JSON] = [verifier] if reviewer else []
    resource: Resource = {
        "resourceType": "Provenance",
        "target": [_target(identity, places) for identity, places in targets.items()],
        "recorded": context.recorded,
        "activity": coded(f"{TERMINOLOGY}/v3-DataOperation", "UPDATE" if edited else "CREATE"),
        "agent": [agent, *verifiers],
    }
    return resource | ({"entity": entities} if entities else {})
