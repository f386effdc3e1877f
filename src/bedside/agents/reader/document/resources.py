"""FHIR resources as lines of a note: the content of each, and its status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import html

from bedside.agents.reader.document.blocks import block_lines
from bedside.agents.reader.document.outline import EntryStatus, Item, Outline
from bedside.agents.reader.document.tables import Topic
from bedside.tools.fhir.wording import (
    codes,
    concept,
    concepts,
    dosage,
    interpretation,
    mapping,
    mappings,
    moment,
    notes,
    number,
    ranges,
    text,
    when,
)

__all__ = ["STATEMENTS", "say"]

Named = Callable[[object], str]
Resource = Mapping[str, Any]

_ERROR = "entered-in-error"
_OVER = frozenset({"inactive", "remission", "resolved"})
_DOUBTFUL = frozenset({"unconfirmed", "provisional", "differential"})
_ENDED = frozenset({"completed", "stopped", "cancelled", "not-taken", "on-hold", "ended", "declined", "revoked"})
_AHEAD = frozenset({"intended", "draft", "preparation", "proposed", "pending", "booked"})
_PLANS = frozenset({"proposal", "plan", "option"})
_GIVEN = frozenset({"MedicationAdministration", "MedicationDispense"})
"""The types for which "completed" means that it was done."""
_DEEPEST = 20


def say(outline: Outline, resources: Iterable[Resource], named: Named) -> None:
    """Write one patient's resources.

    Args:
        outline: Where to.
        resources: In any order.
        named: What a reference leads to, by name.
    """
    found = list(resources)
    dated = [day for day in (_latest(one) for one in found) if day]
    today = max(dated, key=moment, default="")
    outline.head("Date", today[:10])
    for patient in (one for one in found if one.get("resourceType") == "Patient"):
        _patient(outline, patient, today)
    for one in _newest(outline, found):
        kind = str(one.get("resourceType"))
        if kind not in STATEMENTS:
            continue
        if one.get("status") == _ERROR or _ERROR in codes(one.get("verificationStatus")):
            outline.left_out += 1
        else:
            STATEMENTS[kind](outline, one, named)


def _patient(outline: Outline, patient: Resource, today: str) -> None:
    names = sorted(mappings(patient.get("name")), key=lambda one: one.get("use") == "old")
    for name in names[:1]:
        given = name.get("given")
        parts = [*map(str, given if isinstance(given, list) else []), text(name, "family")]
        outline.head("Name", " ".join(part for part in parts if part) or text(name, "text"))
    born, sex = text(patient, "birthDate"), text(patient, "gender")
    outline.head("Born", born)
    if patient.get("deceasedBoolean") is True or when(patient, "deceased"):
        outline.head("Deceased", when(patient, "deceased") or "yes")
    else:
        outline.age(born, today)
    outline.head("Sex", sex if sex in ("male", "female") else "")
    number_of = next((text(one, "value") for one in mappings(patient.get("identifier")) if one.get("value")), "")
    outline.head("Medical record number", number_of)


def _newest(outline: Outline, resources: list[Resource]) -> list[Resource]:
    """Leave out the older measurements of the same thing; their number is reported."""
    last: dict[str, float] = {}
    for one in resources:
        if one.get("resourceType") == "Observation" and one.get("status") != _ERROR:
            name = concept(one.get("code")).casefold()
            last[name] = max(last.get(name, float("-inf")), moment(_latest(one)))
    kept = [
        one
        for one in resources
        if one.get("resourceType") != "Observation"
        or one.get("status") == _ERROR
        or moment(_latest(one)) >= last[concept(one.get("code")).casefold()]
    ]
    if older := len(resources) - len(kept):
        outline.add("Remarks", [f"Older values of the same measurements, left out here: {older}"])
    return kept


def _latest(resource: Resource) -> str:
    """Return the time of a thing, as FHIR writes it."""
    for name in ("effectiveDateTime", "effectiveInstant", "performedDateTime", "occurrenceDateTime", "issued",
                 "authoredOn", "recordedDate", "dateAsserted", "date"):  # fmt: skip
        if moment(resource.get(name)) != float("-inf"):
            return str(resource[name])
    for name in ("effectivePeriod", "performedPeriod", "period"):
        start = mapping(resource.get(name)).get("start")
        if moment(start) != float("-inf"):
            return str(start)
    return ""


def _condition(outline: Outline, one: Resource, named: Named) -> None:
    sure, status = codes(one.get("verificationStatus")), codes(one.get("clinicalStatus"))
    how = (
        EntryStatus.RULED_OUT
        if "refuted" in sure
        else EntryStatus.POSSIBLE
        if sure & _DOUBTFUL
        else EntryStatus.OVER
        if status & _OVER or when(one, "abatement")
        else EntryStatus.PRESENT
    )
    onset = when(one, "onset")[:10]
    remark = notes(one).removeprefix("note: ")
    outline.items(Topic.PROBLEMS, [Item(concept(one.get("code")), how, since=onset, remark=remark)])


def _allergy(outline: Outline, one: Resource, named: Named) -> None:
    if "refuted" in codes(one.get("verificationStatus")) or codes(one.get("clinicalStatus")) & _OVER:
        outline.left_out += 1
        return
    seen = [
        concepts(each.get("manifestation")) or text(each, "description") for each in mappings(one.get("reaction"))
    ]
    severe = next((text(each, "severity") for each in mappings(one.get("reaction")) if each.get("severity")), "")
    remark = ", ".join(part for part in seen if part) + (f" ({severe})" if severe else "")
    outline.items(Topic.ALLERGIES, [Item(concept(one.get("code")), remark=remark.strip())])


def _drug(outline: Outline, one: Resource, named: Named) -> None:
    name = concept(one.get("medicationCodeableConcept")) or named(one.get("medicationReference"))
    if one.get("doNotPerform") is True:
        outline.add(Topic.PLAN, [f"- Avoid {name}"] if name else [])
        return
    status, kind = text(one, "status"), str(one.get("resourceType"))
    ended = status in _ENDED and not (kind in _GIVEN and status == "completed")
    how = EntryStatus.STOPPED if ended or status == "not-done" else EntryStatus.PRESENT
    if status in _AHEAD or text(one, "intent") in _PLANS:
        how = EntryStatus.PLANNED
    often = dosage(one.get("dosage") or one.get("dosageInstruction")).replace(", ", " ")
    outline.items(Topic.MEDICATIONS, [Item(name, how, detail=often)])


def _observation(outline: Outline, one: Resource, named: Named) -> None:
    if one.get("status") in ("cancelled", "registered"):
        return
    kinds = codes(one.get("category"))
    heading = (
        Topic.SOCIAL if "social-history" in kinds else Topic.VITALS if "vital-signs" in kinds else Topic.RESULTS
    )
    day = _latest(one)[:10]
    for part in (one, *mappings(one.get("component"))):
        value, unit = _value(part)
        name = concept(part.get("code"))
        if value and name:
            flag, usual = interpretation(part.get("interpretation")), ranges(part.get("referenceRange"))
            flag = "" if flag == "normal" else flag
            outline.items(heading, [Item(name, value=value, unit=unit, flag=flag, range=usual, when=day)])
    outline.prose("Comments", notes(one).removeprefix("note: "))


def _value(element: Mapping[str, Any]) -> tuple[str, str]:
    """The choice `value[x]` as words and unit."""
    measured = mapping(element.get("valueQuantity"))
    if amount := number(measured.get("value")):
        comparator = measured.get("comparator") if measured.get("comparator") in ("<", "<=", ">", ">=") else ""
        return f"{comparator}{amount}", str(measured.get("unit") or measured.get("code") or "")
    truth = element.get("valueBoolean")
    options = (
        concept(element.get("valueCodeableConcept")),
        text(element, "valueString"),
        number(element.get("valueInteger")),
        ("yes" if truth else "no") if isinstance(truth, bool) else "",
        when(element, "value"),
    )
    return next((option for option in options if option), ""), ""


def _procedure(outline: Outline, one: Resource, named: Named) -> None:
    status = text(one, "status")
    how = {"not-done": EntryStatus.NOT_DONE, "preparation": EntryStatus.PLANNED}.get(status, EntryStatus.PRESENT)
    outline.items(Topic.PROCEDURES, [Item(concept(one.get("code")), how, when=_latest(one)[:10])])


def _immunization(outline: Outline, one: Resource, named: Named) -> None:
    given = text(one, "status") != "not-done"
    how = EntryStatus.PRESENT if given else EntryStatus.NOT_GIVEN
    why = "" if given else concept(one.get("statusReason"))
    outline.items(
        Topic.IMMUNIZATIONS, [Item(concept(one.get("vaccineCode")), how, remark=why, when=_latest(one)[:10])]
    )


def _family(outline: Outline, one: Resource, named: Named) -> None:
    relative = concept(one.get("relationship")) or "Relative"
    outline.items(
        Topic.FAMILY,
        [
            Item(f"{relative}: {name}")
            for each in mappings(one.get("condition"))
            if (name := concept(each.get("code")))
        ],
    )


def _request(outline: Outline, one: Resource, named: Named) -> None:
    """ServiceRequest, CarePlan, Goal and Appointment."""
    if text(one, "status") in ("revoked", "cancelled", "noshow") or one.get("doNotPerform") is True:
        return
    name = (
        concept(one.get("code"))
        or text(one, "title")
        or concept(one.get("description"))
        or text(one, "description")
    )
    outline.items(Topic.PLAN, [Item(name, EntryStatus.PLANNED)])


def _encounter(outline: Outline, one: Resource, named: Named) -> None:
    outline.prose("Reason for visit", concepts(one.get("reasonCode")))


def _report(outline: Outline, one: Resource, named: Named) -> None:
    outline.prose("Impression", str(one.get("conclusion") or "") or concepts(one.get("conclusionCode")))


def _impression(outline: Outline, one: Resource, named: Named) -> None:
    outline.prose("Assessment", str(one.get("summary") or one.get("description") or ""))


def _message(outline: Outline, one: Resource, named: Named) -> None:
    for part in mappings(one.get("payload")):
        outline.prose("Message", str(part.get("contentString") or ""))


def _composition(outline: Outline, one: Resource, named: Named) -> None:
    """Return the sections that name no entry: the others are covered by their entries."""
    for section in mappings(one.get("section")):
        div = mapping(section.get("text")).get("div")
        if isinstance(div, str) and div.strip() and not section.get("entry"):
            outline.add(
                text(section, "title") or "Text", block_lines(html.fragment_fromstring(div, create_parent="div"))
            )


def _answers(outline: Outline, one: Resource, named: Named, depth: int = 0) -> None:
    """QuestionnaireResponse: a question and its answers a line."""
    for item in mappings(one.get("item")):
        said = ", ".join(value for each in mappings(item.get("answer")) if (value := _value(each)[0]))
        coded = ", ".join(
            text(mapping(each.get("valueCoding")), "display") for each in mappings(item.get("answer"))
        )
        if question := text(item, "text"):
            outline.add(
                "Answers", [f"{question.rstrip(':?')}: {said or coded}"] if said or coded.strip(", ") else []
            )
        if depth < _DEEPEST:
            _answers(outline, item, named, depth + 1)


def _nothing(outline: Outline, one: Resource, named: Named) -> None:
    """Return nothing: Patient is in the head, and an attachment is a document of its own."""


STATEMENTS: Mapping[str, Callable[[Outline, Resource, Named], None]] = {
    "Patient": _nothing,
    "DocumentReference": _nothing,
    "Condition": _condition,
    "AllergyIntolerance": _allergy,
    **dict.fromkeys(("MedicationStatement", "MedicationRequest", *sorted(_GIVEN)), _drug),
    "Observation": _observation,
    "Procedure": _procedure,
    "Immunization": _immunization,
    "FamilyMemberHistory": _family,
    **dict.fromkeys(("ServiceRequest", "CarePlan", "Goal", "Appointment"), _request),
    "Encounter": _encounter,
    "DiagnosticReport": _report,
    "ClinicalImpression": _impression,
    "Communication": _message,
    "Composition": _composition,
    "QuestionnaireResponse": _answers,
}
"""Type of a resource to what writes it."""
