"""The resources that a card rests on: as the record sent them, or fetched with the access that it granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bedside.plugins import load_named
from bedside.service.cds.models import HookRequest

__all__ = ["TEMPLATES", "as_bundle", "fetched"]

TEMPLATES: Mapping[str, str] = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}&clinical-status=active",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "vitals": "Observation?patient={{context.patientId}}&category=vital-signs&_sort=-date&_count=40",
}

RECENT = timedelta(hours=24)
"""The age up to which a vital sign is the patient's state now: NEWS2 is about now."""

PINNED = ("subject", "patient", "beneficiary", "for")


def fetched(base: str, patient: str, token: str | None) -> dict[str, Any]:
    """Return a patient's record from its server, within limits of size, time and patient.

    Raises:
        FhirServerError: The server does not give it.
    """
    with load_named("bedside.servers", "fhir")(base, token=token, timeout=5.0) as server:
        record: dict[str, Any] = server.everything(patient, most=500)
    return record


def as_bundle(request: HookRequest, record: Mapping[str, Any] | None, now: datetime) -> tuple[dict[str, Any], int]:
    """Return the resources of the patient of a request as one Bundle, and how many vital signs were too old.

    A resource of another patient is left out, whatever the record put into the prefetch.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    given = list(request.prefetch.values()) if record is None else [record]
    for resource in _resources(given):
        found.setdefault((str(resource.get("resourceType")), str(resource.get("id", len(found)))), resource)
    kept, old = [], 0
    for resource in found.values():
        if not _is_of(resource, request.patient):
            continue
        if _is_old(resource, now):
            old += 1
            continue
        kept.append({"resource": resource})
    return {"resourceType": "Bundle", "type": "collection", "entry": kept}, old


def _resources(given: list[Any]) -> Iterator[Mapping[str, Any]]:
    for one in _mappings(given):
        if one.get("resourceType") == "Bundle":
            yield from _resources([entry.get("resource") for entry in _mappings(one.get("entry"))])
        elif isinstance(one.get("resourceType"), str) and one["resourceType"] != "OperationOutcome":
            yield one


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; what a record should not have sent is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_of(resource: Mapping[str, Any], patient: str) -> bool:
    if resource.get("resourceType") == "Patient":
        return resource.get("id") == patient
    references = [resource[name].get("reference") for name in PINNED if isinstance(resource.get(name), Mapping)]
    return bool(references) and all(str(one).split("/")[-2:] == ["Patient", patient] for one in references)


def _is_old(resource: Mapping[str, Any], now: datetime) -> bool:
    """True for a vital sign whose time is long past, or not known: it is not the patient's state now."""
    if resource.get("resourceType") != "Observation":
        return False
    codings = [code for one in _mappings(resource.get("category")) for code in _mappings(one.get("coding"))]
    if "vital-signs" not in [one.get("code") for one in codings]:
        return False
    period = resource.get("effectivePeriod")
    end = period.get("end") if isinstance(period, Mapping) else None
    try:
        when = datetime.fromisoformat(str(resource.get("effectiveDateTime") or end or ""))
    except ValueError:
        return True
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return now - when > RECENT
