"""A transaction bundle as a document for human readers, or as a plain collection.

The International Patient Summary always has the sections Problems, Allergies and Medications, with a reason where
one is empty; the triage summary begins with what the triage makes of the case. Software puts both together: their
author is the Device, and nobody attests them.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bedside.errors import InputError
from bedside.tools.fhir.kinds import kind_of, known_kinds, statement_of
from bedside.tools.fhir.tables import LOINC
from bedside.tools.fhir.validation import errors, validate
from bedside.tools.fhir.values import IDENTIFIER_SYSTEM, JSON, Identity, Resource, coded, to_json

__all__ = ["as_collection", "as_patient_summary", "as_triage_summary"]

EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


@dataclass(frozen=True, slots=True)
class _Section:
    """One section: its title, its LOINC code, what belongs to it, and whether it is present even when empty."""

    title: str
    code: str
    display: str
    holds: Callable[[Mapping[str, Any]], bool]
    always: bool = False


def _of(*kinds: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda resource: resource["resourceType"] in kinds


def _observed(category: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda resource: (
        resource["resourceType"] == "Observation" and category in _codes(resource.get("category", ()))
    )


def _result(resource: Mapping[str, Any]) -> bool:
    return resource["resourceType"] == "DiagnosticReport" or _observed("laboratory")(resource)


def _condition(*, over: bool) -> Callable[[Mapping[str, Any]], bool]:
    def holds(resource: Mapping[str, Any]) -> bool:
        ended = "resolved" in _codes([resource.get("clinicalStatus", {})])
        return resource["resourceType"] == "Condition" and ended is over

    return holds


# Codes of IPS 2.0 and of the LOINC document ontology.
_PROBLEMS = _Section("Problems", "11450-4", "Problem list - Reported", _condition(over=False), always=True)
_ALLERGIES = _Section(
    "Allergies", "48765-2", "Allergies and adverse reactions Document", _of("AllergyIntolerance"), True
)
_MEDICATIONS = _Section(
    "Medications", "10160-0", "History of Medication use Narrative", _of("MedicationStatement"), True
)
_VITALS = _Section("Vital signs", "8716-3", "Vital signs", _observed("vital-signs"))
_FINDINGS = _Section("Symptoms and signs", "10187-3", "Review of systems Narrative - Reported", _observed("exam"))
_RESULTS = _Section("Results", "30954-2", "Relevant diagnostic tests/laboratory data note", _result)
_PLAN = _Section("Plan", "18776-5", "Plan of care note", _of("ServiceRequest", "MedicationRequest"))
_TRIAGE = _Section(
    "Triage proposal",
    "54094-8",
    "Emergency department Triage note",
    _of("RiskAssessment", "Flag"),
)
_OTHER = ("Other", "", "")
_OTHERS = (
    _Section("Immunizations", "11369-6", "History of Immunization note", _of("Immunization")),
    _Section("Procedures", "47519-4", "History of Procedures Document", _of("Procedure")),
    _Section("Past problems", "11348-0", "History of Past illness note", _condition(over=True)),
    _Section("Family history", "10157-6", "History of family member diseases note", _of("FamilyMemberHistory")),
    _Section("Social history", "29762-2", "Social history note", _observed("social-history")),
)


def as_collection(transaction: str) -> str:
    """Return the resources of a transaction as a Bundle of type `collection`, JSON to JSON.

    Raises:
        InputError: It is no transaction.
    """
    bundle = _read(transaction)
    return to_json(
        {
            "resourceType": "Bundle",
            "identifier": _identity(bundle, "Bundle", "collection").identifier[0],
            "type": "collection",
            "timestamp": bundle["timestamp"],
            "entry": [_plain(entry) for entry in bundle["entry"]],
        }
    )


def as_patient_summary(transaction: str) -> str:
    """Return a transaction as an International Patient Summary: a Bundle of type `document`, JSON to JSON.

    Raises:
        InputError: It is no transaction, or makes no valid document.
    """
    # A document may hold only what its sections lead to, so that a triage has its section here too.
    sections = (
        _PROBLEMS,
        _ALLERGIES,
        _MEDICATIONS,
        _FINDINGS,
        _VITALS,
        _RESULTS,
        *_OTHERS,
        _PLAN,
        _TRIAGE,
    )
    return _document(transaction, "Patient summary", ("60591-5", "Patient summary Document"), sections)


def as_triage_summary(transaction: str) -> str:
    """Return the transaction of a triage as a document that begins with the proposal, JSON to JSON.

    Raises:
        InputError: It is no transaction, or makes no valid document.
    """
    sections = (
        _TRIAGE,
        _VITALS,
        _FINDINGS,
        _PROBLEMS,
        _ALLERGIES,
        _MEDICATIONS,
        _RESULTS,
        *_OTHERS,
        _PLAN,
    )
    return _document(transaction, "Triage summary", ("54094-8", "Emergency department Triage note"), sections)


def _document(transaction: str, title: str, kind: tuple[str, str], sections: Iterable[_Section]) -> str:
    bundle = _read(transaction)
    entries = bundle["entry"]
    identity = _identity(bundle, "Composition", title)
    written = [_section(section, entries) for section in (*sections, *_own_sections())]
    composition: Resource = {
        "resourceType": "Composition",
        "identifier": identity.identifier[0],
        "status": "preliminary",
        "type": coded(LOINC, *kind),
        "subject": {"reference": _address(entries, "Patient")},
        "encounter": {"reference": _address(entries, "Encounter")},
        "date": bundle["timestamp"],
        "author": [{"reference": _address(entries, "Device")}],
        "title": f"{title}: a draft by software, for a clinician to check",
        "section": [section for section in written if section is not None],
    }
    document: Resource = {
        "resourceType": "Bundle",
        "identifier": _identity(bundle, "Bundle", title).identifier[0],
        "type": "document",
        "timestamp": bundle["timestamp"],
        "entry": [{"fullUrl": identity.url, "resource": composition}, *(_plain(entry) for entry in entries)],
    }
    text = to_json(document)
    wrong = errors(validate(json.loads(text, parse_float=Decimal), profiles="us-core"))
    if wrong:
        raise InputError(f"these resources make no valid document: {wrong[0]}")
    return text


def _own_sections() -> Iterable[_Section]:
    """Yield a section for each one that the kinds of other packages and graphs name, in their order."""
    kinds = known_kinds().values()
    for title, code, display in dict.fromkeys(kind.section or _OTHER for kind in kinds):
        yield _Section(title, code, display, _of_section((title, code, display)))


def _of_section(section: tuple[str, str, str]) -> Callable[[Mapping[str, Any]], bool]:
    return lambda resource: (kind := kind_of(resource)) is not None and (kind.section or _OTHER) == section


def _section(section: _Section, entries: Sequence[Mapping[str, Any]]) -> Resource | None:
    held = [entry for entry in entries if section.holds(entry["resource"])]
    # The newest value first: readers look at the top. Values without a day keep their order after the others.
    held.sort(key=lambda entry: str(entry["resource"].get("effectiveDateTime", "")), reverse=True)
    if not held and not section.always:
        return None
    lines = [_line(entry["resource"]) for entry in held] or ["The note says nothing of this."]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    written: Resource = {
        "title": section.title,
        **({"code": coded(LOINC, section.code, section.display)} if section.code else {}),
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></div>'},
    }
    if held:
        return written | {"entry": [{"reference": entry["fullUrl"]} for entry in held]}
    return written | {"emptyReason": coded(EMPTY, "unavailable", "Unavailable")}


def _line(resource: Mapping[str, Any]) -> str:
    """Return a resource as a statement, in the words used for any FHIR record."""
    say = statement_of(resource)
    assert say is not None, "a section holds what can be said"
    return say(resource, lambda reference: "")


def _codes(concepts: Iterable[Mapping[str, Any]]) -> list[str]:
    return [coding.get("code", "") for one in concepts for coding in one.get("coding", ())]


def _read(transaction: str) -> dict[str, Any]:
    bundle: Any = json.loads(transaction, parse_float=Decimal)
    if not isinstance(bundle, dict) or bundle.get("type") != "transaction":
        raise InputError("only a transaction that Bedside wrote can be given another form")
    return bundle


def _plain(entry: Mapping[str, Any]) -> dict[str, JSON]:
    return {"fullUrl": entry["fullUrl"], "resource": entry["resource"]}


def _address(entries: Sequence[Mapping[str, Any]], kind: str) -> str:
    found = next((str(entry["fullUrl"]) for entry in entries if entry["resource"]["resourceType"] == kind), None)
    if found is None:
        raise InputError(f"the transaction has no {kind}: it makes no document")
    return found


def _identity(bundle: Mapping[str, Any], kind: str, name: str) -> Identity:
    """Return the identity of another form of a bundle, in the system that the scribe gave its identifiers."""
    patients = (one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient")
    system = next((one["identifier"][0]["system"] for one in patients), IDENTIFIER_SYSTEM)
    return Identity.of(kind, name, _digest(bundle), system=system)


def _digest(bundle: Mapping[str, Any]) -> str:
    return hashlib.sha256("".join(entry["fullUrl"] for entry in bundle["entry"]).encode()).hexdigest()
