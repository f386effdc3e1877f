"""One invented note with every kind of fact, and short ways to ask a bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bedside.agents.scribe import BundleResult, DeviceInfo, write_bundle
from bedside.agents.triager import Assessment
from bedside.records import (
    Assertion,
    ClinicalRecord,
    Coding,
    DocumentKind,
    Evidence,
    Fact,
    FactKind,
    Medication,
    Patient,
    Quantity,
)

__all__ = ["NOTE", "evidence", "fact", "of_type", "traces", "write"]

# Synthetic.
NOTE = (
    "Ms. Ann Brown, DOB 03/14/1958, MRN 00-48-27, 66-year-old woman. Chest pain. BP 82/54, HR 138. "
    "Weight 72.50 kg. Mother had a stroke. Aspirin 81 mg by mouth daily. NKDA. Potassium 5.0 mmol/L. "
    "Flu shot today. ECG done. Denies fever. Ms. Brown is alert on room air. Asthma."
)
RECORDED = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
DEVICE = DeviceInfo("bedside", "0.1.0 built-in reader")


def evidence(quote: str, document: str = "note") -> Evidence:
    """Where the note says so."""
    start = NOTE.index(quote)
    return Evidence(document=document, start=start, end=start + len(quote))


def fact(
    kind: FactKind,
    display: str,
    quote: str = "Chest pain",
    *,
    assertion: Assertion = Assertion.PRESENT,
    value: str | None = None,
    unit: str | None = None,
    code: Coding | None = None,
    medication: Medication | None = None,
    text_value: str | None = None,
    id: str = "f1",
) -> Fact:
    """A fact whose concept key is its display in kebab case."""
    return Fact(
        id=id,
        kind=kind,
        display=display,
        concept=display.lower().replace(" ", "-"),
        evidence=evidence(quote),
        assertion=assertion,
        quantity=None if value is None else Quantity(value=Decimal(value), unit=unit),
        code=code,
        medication=medication,
        text_value=text_value,
    )


def write(
    *facts: Fact,
    assessment: Assessment | None = None,
    patient: Patient | None = None,
    case: str = "case-1",
    kind: DocumentKind | None = None,
    visited: str | None = None,
    reviewer: str = "",
    identifier_system: str = "",
) -> BundleResult:
    """The bundle of some facts of the note."""
    kinds = {"note": kind} if kind else {}
    record = ClinicalRecord(
        documents=("note",), kinds=kinds, visited=visited, patient=patient or Patient(), facts=facts
    )
    return write_bundle(
        record,
        assessment,
        {"note": NOTE},
        case=case,
        recorded=RECORDED,
        device=DEVICE,
        reviewer=reviewer,
        identifier_system=identifier_system,
    )


def of_type(result: BundleResult, kind: str) -> list[dict[str, Any]]:
    """All resources of a type."""
    entries: Any = result.bundle["entry"]
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == kind]


def traces(entries: list[dict[str, Any]]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """By the address of a resource: the type of each source that it was made from, and the place in it."""
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in entries}
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for entry in entries:
        if entry["resource"]["resourceType"] != "Provenance":
            continue
        entities = entry["resource"].get("entity", [])
        source = kinds.get(entities[0]["what"].get("reference", ""), "") if entities else ""
        for target in entry["resource"]["target"]:
            places = found.setdefault(target["reference"], [])
            for place in target.get("extension", ()):
                parts = {part["url"]: part["valueUnsignedInt"] for part in place["extension"]}
                places.append((source, {"url": place["url"]} | parts))
    return found
