"""Statements for resources: what a clinician would say of each, with every status that changes the meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bedside.tools.fhir.wording import (
    absent_reason,
    codes,
    concept,
    concepts,
    dosage,
    interpretation,
    joined,
    mapping,
    mappings,
    notes,
    number,
    period,
    plain,
    quantity,
    ranges,
    span,
    text,
    when,
)

__all__ = ["STATEMENTS", "Named", "Statement"]

Named = Callable[[object], str]
"""A function from a Reference to the name of its target; empty where nothing names it."""
Statement = Callable[[Mapping[str, Any], Named], str]

_STATUS = {
    "draft": "draft, not ordered",
    "intended": "planned, not yet taken",
    "not-done": "NOT done",
    "not-taken": "NOT taken",
    "on-hold": "on hold",
    "preparation": "planned, not yet done",
    "proposed": "proposed",
    "unknown": "status unknown",
}
"""The wording of status codes whose plain name says too little. The others use their name."""


def _status(resource: Mapping[str, Any], silent: str = "") -> str:
    """Return the status in words; `silent` is the status that is left out."""
    code = text(resource, "status")
    if not code:
        return "status not stated"
    return "" if code == silent else _STATUS.get(code, code.replace("-", " "))


def _patient(resource: Mapping[str, Any], named: Named) -> str:
    # Former names are omitted unless there is no other.
    names = sorted(mappings(resource.get("name")), key=lambda one: one.get("use") == "old" or "period" in one)
    name = next((said for said in map(_name, names) if said), "name not stated")
    gender, born = text(resource, "gender"), text(resource, "birthDate")
    died = when(resource, "deceased")
    return joined(
        (
            name,
            "sex not stated" if gender in ("", "unknown") else gender,
            f"born {born}" if born else "birth date not stated",
            f"died {died}" if died else "deceased" if resource.get("deceasedBoolean") is True else "",
            "record not in use" if resource.get("active") is False else "",
        )
    )


def _name(name: Mapping[str, Any]) -> str:
    if said := text(name, "text"):
        return said
    parts = [name.get(key) for key in ("prefix", "given")]
    listed = [plain(one) for part in parts if isinstance(part, list) for one in part]
    return joined((*listed, text(name, "family")), " ")


def _encounter(resource: Mapping[str, Any], named: Named) -> str:
    setting = text(mapping(resource.get("class")), "display") or text(mapping(resource.get("class")), "code")
    reasons = concepts(resource.get("reasonCode"))
    priority = concept(resource.get("priority"))
    places = joined(named(one.get("location")) for one in mappings(resource.get("location")))
    left = concept(mapping(resource.get("hospitalization")).get("dischargeDisposition"))
    return joined(
        (
            concepts(resource.get("type")) or "Encounter",
            setting,
            _status(resource),
            period(resource.get("period")),
            f"priority {priority}" if priority else "",
            f"because of {reasons}" if reasons else "",
            f"at {places}" if places else "",
            f"discharged: {left}" if left else "",
        )
    )


def _condition(resource: Mapping[str, Any], named: Named) -> str:
    onset, ended = when(resource, "onset"), when(resource, "abatement")
    recorded = text(resource, "recordedDate")
    return joined(
        (
            concept(resource.get("code")) or "A problem without a name",
            concept(resource.get("severity")),
            concepts(resource.get("bodySite")),
            _verified(resource),
            joined(sorted(map(plain, codes(resource.get("clinicalStatus"))))) or "clinical status not stated",
            f"since {onset}" if onset else "",
            f"ended {ended}" if ended else "",
            f"recorded {recorded}" if recorded and not (onset or ended) else "",
            notes(resource),
        )
    )


def _verified(resource: Mapping[str, Any]) -> str:
    """Return the verification status in words, where it is not "confirmed"."""
    said = codes(resource.get("verificationStatus")) - {"confirmed"}
    return joined("REFUTED: not the case" if code == "refuted" else plain(code) for code in sorted(said))


def _allergy(resource: Mapping[str, Any], named: Named) -> str:
    active = joined(sorted(map(plain, codes(resource.get("clinicalStatus")) - {"active"})))
    reactions = joined(map(_reaction, mappings(resource.get("reaction"))), "; ")
    criticality, onset = text(resource, "criticality"), when(resource, "onset")
    return joined(
        (
            concept(resource.get("code")) or "An allergy to something without a name",
            "intolerance" if resource.get("type") == "intolerance" else "",
            _verified(resource),
            active,
            f"reaction: {reactions}" if reactions else "",
            f"criticality {criticality.replace('-', ' ')}" if criticality else "",
            f"since {onset}" if onset else "",
            notes(resource),
        )
    )


def _reaction(reaction: Mapping[str, Any]) -> str:
    severity, substance = text(reaction, "severity"), concept(reaction.get("substance"))
    said = concepts(reaction.get("manifestation")) or text(reaction, "description")
    return joined((said, f"({severity})" if severity else "", f"to {substance}" if substance else ""), " ")


def _drug(resource: Mapping[str, Any], named: Named) -> str:
    said = concept(resource.get("medicationCodeableConcept")) or named(resource.get("medicationReference"))
    return said or "A medication without a name"


def _medication(resource: Mapping[str, Any], named: Named) -> str:
    """Return the statement of a MedicationStatement, -Request, -Administration or -Dispense."""
    reasons, why = concepts(resource.get("reasonCode")), concepts(resource.get("statusReason"))
    kind = text(resource, "resourceType")
    intent = text(resource, "intent").replace("-", " ")
    date = when(resource, "effective") or text(resource, "authoredOn") or text(resource, "whenHandedOver")
    return joined(
        (
            "NOT to be given" if resource.get("doNotPerform") is True else "",
            _drug(resource, named),
            dosage(resource.get("dosage") or resource.get("dosageInstruction")),
            {"MedicationAdministration": "administered", "MedicationDispense": "dispensed"}.get(kind, intent),
            _status(resource),
            f"because {why}" if why else "",
            date,
            f"for {reasons}" if reasons else "",
            notes(resource),
        )
    )


def _observation(resource: Mapping[str, Any], named: Named) -> str:
    parts = [_measured(one) for one in mappings(resource.get("component"))]
    members = len(mappings(resource.get("hasMember")))
    date = when(resource, "effective") or text(resource, "issued")
    return joined(
        (
            _measured(resource, bare=bool(parts or members)),
            joined(parts, "; "),
            concept(resource.get("bodySite")),
            f"a panel of {members}" if members and not parts else "",
            date or "date not stated",
            _status(resource, silent="final"),
            notes(resource),
        )
    )


def _measured(element: Mapping[str, Any], *, bare: bool = False) -> str:
    """Return the name and value; the name alone if `bare` and the values are in the parts that follow."""
    name = concept(element.get("code")) or "A finding without a name"
    value = _value(element) or absent_reason(element) or ("" if bare else "no value")
    meaning, usual = interpretation(element.get("interpretation")), ranges(element.get("referenceRange"))
    remarks = joined((meaning, f"reference range {usual}" if usual else ""))
    said = f"{name}: {value}" if value else name
    return f"{said} ({remarks})" if remarks else said


def _value(element: Mapping[str, Any]) -> str:
    """Return the value of the choice `value[x]`."""
    truth = element.get("valueBoolean")
    ratio = mapping(element.get("valueRatio"))
    shares = joined((quantity(ratio.get(name)) for name in ("numerator", "denominator")), " to ")
    options = (
        quantity(element.get("valueQuantity")),
        concept(element.get("valueCodeableConcept")),
        text(element, "valueString"),
        number(element.get("valueInteger")),
        ("yes" if truth else "no") if isinstance(truth, bool) else "",
        span(element.get("valueRange")),
        shares,
        text(element, "valueTime"),
        when(element, "value"),
        "a curve of samples, not shown" if "valueSampledData" in element else "",
    )
    return next((option for option in options if option), "")


def _procedure(resource: Mapping[str, Any], named: Named) -> str:
    why, reasons = concept(resource.get("statusReason")), concepts(resource.get("reasonCode"))
    outcome = concept(resource.get("outcome"))
    return joined(
        (
            concept(resource.get("code")) or "A procedure without a name",
            concepts(resource.get("bodySite")),
            _status(resource),
            f"because {why}" if why else "",
            when(resource, "performed"),
            f"for {reasons}" if reasons else "",
            f"outcome: {outcome}" if outcome else "",
            notes(resource),
        )
    )


def _immunization(resource: Mapping[str, Any], named: Named) -> str:
    why, dose = concept(resource.get("statusReason")), quantity(resource.get("doseQuantity"))
    return joined(
        (
            concept(resource.get("vaccineCode")) or "A vaccine without a name",
            dose,
            _status(resource),
            f"because {why}" if why else "",
            when(resource, "occurrence"),
            notes(resource),
        )
    )


def _family(resource: Mapping[str, Any], named: Named) -> str:
    relative = concept(resource.get("relationship")) or text(resource, "name") or "A relative"
    died = when(resource, "deceased")
    conditions = joined(map(_inherited, mappings(resource.get("condition"))), "; ")
    status = text(resource, "status")
    return joined(
        (
            f"{relative}: {conditions or 'no problem named'}",
            f"died {died}" if died else "deceased" if resource.get("deceasedBoolean") is True else "",
            "health unknown" if status == "health-unknown" else "",
            notes(resource),
        )
    )


def _inherited(condition: Mapping[str, Any]) -> str:
    onset = when(condition, "onset")
    died_of = "died of it" if condition.get("contributedToDeath") is True else ""
    return joined((concept(condition.get("code")), f"since {onset}" if onset else "", died_of))


def _request(resource: Mapping[str, Any], named: Named) -> str:
    """Return the statement of a ServiceRequest, CarePlan, Goal or Appointment."""
    reasons = concepts(resource.get("reasonCode"))
    name = concept(resource.get("code")) or text(resource, "title") or text(resource, "description")
    planned = concept(resource.get("description")) or concepts(resource.get("serviceType"))
    lifecycle = text(resource, "lifecycleStatus").replace("-", " ")
    date = when(resource, "occurrence") or text(resource, "authoredOn") or text(resource, "start")
    return joined(
        (
            "NOT to be done" if resource.get("doNotPerform") is True else "",
            name or planned or concepts(resource.get("category")) or "A plan without a name",
            text(resource, "intent").replace("-", " "),
            lifecycle or _status(resource),
            date or period(resource.get("period")),
            f"for {reasons}" if reasons else "",
            notes(resource),
        )
    )


def _report(resource: Mapping[str, Any], named: Named) -> str:
    results = len(mappings(resource.get("result")))
    concluded = text(resource, "conclusion") or concepts(resource.get("conclusionCode"))
    return joined(
        (
            concept(resource.get("code")) or "A report without a name",
            _status(resource),
            when(resource, "effective") or text(resource, "issued"),
            f"{results} {'result' if results == 1 else 'results'}" if results else "",
            f"conclusion: {concluded}" if concluded else "",
        )
    )


def _document(resource: Mapping[str, Any], named: Named) -> str:
    """Return the statement of a DocumentReference or Composition, without its text, which may hold anything."""
    kinds = [text(mapping(one.get("attachment")), "contentType") for one in mappings(resource.get("content"))]
    return joined(
        (
            concept(resource.get("type")) or "A document without a type",
            text(resource, "title") or text(resource, "description"),
            _status(resource, silent="current"),
            text(resource, "date"),
            joined(kinds),
            "its text is not shown",
        )
    )


def _warning(resource: Mapping[str, Any], named: Named) -> str:
    """Return the statement of a Flag or DetectedIssue."""
    severity = text(resource, "severity")
    return joined(
        (
            concept(resource.get("code")) or "A warning without a name",
            text(resource, "detail"),
            f"severity {severity}" if severity else "",
            _status(resource),
            period(resource.get("period")) or when(resource, "identified"),
        )
    )


def _assessment(resource: Mapping[str, Any], named: Named) -> str:
    """Return the statement of a RiskAssessment or ClinicalImpression."""
    predictions = joined(map(_prediction, mappings(resource.get("prediction"))), "; ")
    found = joined((concept(one.get("itemCodeableConcept")) for one in mappings(resource.get("finding"))), "; ")
    return joined(
        (
            concept(resource.get("code")) or ("Risk" if "prediction" in resource else "Impression"),
            predictions,
            text(resource, "summary") or text(resource, "description"),
            found,
            _status(resource, silent="final"),
            when(resource, "occurrence") or when(resource, "effective") or text(resource, "date"),
            notes(resource),
        )
    )


def _prediction(prediction: Mapping[str, Any]) -> str:
    risk, chance = concept(prediction.get("qualitativeRisk")), number(prediction.get("probabilityDecimal"))
    why = text(prediction, "rationale")
    return joined(
        (
            concept(prediction.get("outcome")),
            f"risk {risk}" if risk else "",
            f"probability {chance}" if chance else "",
            f"because {why}" if why else "",
        )
    )


def _outcome(resource: Mapping[str, Any], named: Named) -> str:
    """Return the issues reported on an answer, without diagnostics, which are for the server's operators."""
    said = (
        joined((text(one, "severity"), text(one, "code"), concept(one.get("details"))), " ")
        for one in mappings(resource.get("issue"))
    )
    return f"About this answer: {joined(said, '; ') or 'nothing is said'}"


STATEMENTS: Mapping[str, Statement] = {
    "Patient": _patient,
    "Encounter": _encounter,
    "Condition": _condition,
    "AllergyIntolerance": _allergy,
    "MedicationStatement": _medication,
    "MedicationRequest": _medication,
    "MedicationAdministration": _medication,
    "MedicationDispense": _medication,
    "Observation": _observation,
    "Procedure": _procedure,
    "Immunization": _immunization,
    "FamilyMemberHistory": _family,
    "ServiceRequest": _request,
    "CarePlan": _request,
    "Goal": _request,
    "Appointment": _request,
    "DiagnosticReport": _report,
    "DocumentReference": _document,
    "Composition": _document,
    "Flag": _warning,
    "DetectedIssue": _warning,
    "RiskAssessment": _assessment,
    "ClinicalImpression": _assessment,
    "OperationOutcome": _outcome,
}
"""The function that words each type of resource. It uses only `plain` text of a resource."""
