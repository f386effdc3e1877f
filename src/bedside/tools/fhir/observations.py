"""Observations: vital signs, laboratory values, symptoms and signs, and NEWS2.

The time of a measurement is the day that the note gives it, else the day of the visit. Where no note states one,
`effectivePeriod` carries the reason of its absence: a period, because US Core's rule on the length of a dateTime
(vs-1, us-core-1) has no answer for an empty one. A year or a month is a period for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from bedside.records import Assertion, Coding, Fact, Moment, Quantity
from bedside.tools.fhir.findings import Context, NotWritten
from bedside.tools.fhir.tables import (
    ACVPU_TEXT,
    BLOOD_PRESSURE,
    DIAGNOSES,
    INHALED_OXYGEN,
    INTERPRETATIONS,
    NEWS2_CODE,
    NEWS2_PARTS,
    PRESENCE,
    SEVERITIES,
    SEVERITY,
    SNOMED,
    SOCIAL,
    TOBACCO,
    UNITS,
    VITALS,
)
from bedside.tools.fhir.values import JSON, Identity, Resource, absent, coded, concept, quantity
from bedside.tools.scores import NEWS2_ATTRIBUTION, News2
from bedside.tools.terminology import Domain, concepts

__all__ = [
    "blood_pressure",
    "finding",
    "is_finding",
    "laboratory",
    "news2_observation",
    "pair_pressures",
    "social_history",
    "vital_sign",
]

SYSTOLIC, DIASTOLIC = "systolic-blood-pressure", "diastolic-blood-pressure"
PAIR_GAP = 12
"""The most characters between the two numbers of one blood pressure ("BP 120 over 80", "120/80 mmHg")."""
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def pair_pressures(facts: Iterable[Fact]) -> list[tuple[Fact, ...]]:
    """Group vital signs so that a systolic pressure and the diastolic pressure written beside it are one pair."""
    groups: list[tuple[Fact, ...]] = []
    for fact in facts:
        if fact.concept == DIASTOLIC and groups and _belongs(groups[-1], fact):
            groups[-1] = (*groups[-1], fact)
        else:
            groups.append((fact,))
    return groups


def _belongs(group: Sequence[Fact], diastolic: Fact) -> bool:
    if len(group) != 1 or group[0].concept != SYSTOLIC or group[0].assertion is not diastolic.assertion:
        return False
    before, after = group[0].evidence, diastolic.evidence
    return before.document == after.document and after.start <= before.end + PAIR_GAP


def vital_sign(fact: Fact, identity: Identity, context: Context) -> Resource:
    """Return one vital sign other than blood pressure, in the note's own unit.

    Raises:
        NotWritten: It has no value, or a unit that its profile does not allow.
    """
    key = fact.concept or ""
    if fact.quantity is None and fact.text_value and key in (*UNITS, "blood-pressure"):
        # "Blood pressure: elevated": the profiles of vital signs ask for a number, so it has no code of theirs.
        told = _observation(identity, context, "exam", fact.measured)
        return told | {"code": concept(fact.display), "valueString": fact.text_value} | _interpretation(fact)
    codes: tuple[Coding | None, ...] = VITALS.get(key, (fact.code,))
    resource = _observation(identity, context, "vital-signs", fact.measured)
    if key == "inhaled-oxygen" and fact.quantity is not None:
        codes = (INHALED_OXYGEN.get(fact.quantity.unit or ""),)
    resource["code"] = concept(fact.display, *codes)
    if fact.quantity is not None:
        resource["valueQuantity"] = _vital_quantity(fact)
    elif fact.text_value:
        text = ACVPU_TEXT.get(fact.text_value, fact.text_value) if key == "consciousness" else fact.text_value
        resource["valueCodeableConcept"] = concept(text)
    else:
        raise NotWritten("a vital sign without a value has no resource")
    return resource


def blood_pressure(facts: Sequence[Fact], identity: Identity, context: Context) -> Resource:
    """Return one panel of systolic and diastolic pressure; a value that the note does not give is marked absent."""
    by_key = {fact.concept: fact for fact in facts}
    components: list[JSON] = []
    for key in (SYSTOLIC, DIASTOLIC):
        component: Resource = {"code": concept(VITALS[key][0].display, *VITALS[key])}
        if key in by_key:
            component["valueQuantity"] = _vital_quantity(by_key[key])
        else:
            component["dataAbsentReason"] = coded(DATA_ABSENT, "unknown", "Unknown")
        components.append(component)
    resource = _observation(identity, context, "vital-signs", facts[0].measured)
    return resource | {"code": concept("blood pressure", BLOOD_PRESSURE), "component": components}


def laboratory(fact: Fact, identity: Identity, context: Context) -> Resource:
    """Return one laboratory result; a result that the note does not state is marked absent."""
    resource = _observation(identity, context, "laboratory", fact.measured)
    resource["code"] = concept(fact.display, fact.code)
    if fact.quantity is not None:
        resource["valueQuantity"] = quantity(fact.quantity)
    elif fact.text_value:
        resource["valueString"] = fact.text_value
    else:
        resource["dataAbsentReason"] = coded(DATA_ABSENT, "unknown", "Unknown")
    return resource | _interpretation(fact) | _reference_range(fact)


def social_history(fact: Fact, identity: Identity, context: Context) -> Resource:
    """Return tobacco, alcohol or drug use. Tobacco is US Core's smoking status once a person has confirmed it.

    That profile knows no preliminary status, so before it the code of the profile is left out.
    """
    resource = _observation(identity, context, "social-history")
    value = fact.text_value or ("yes" if fact.assertion is Assertion.PRESENT else "no")
    tobacco = fact.concept == "tobacco-use"
    code = SOCIAL.get(fact.concept or "") if context.confirmed or not tobacco else None
    resource["code"] = concept(fact.display, code)
    if tobacco and context.confirmed:
        resource["status"] = "final"
    if tobacco and value in TOBACCO:
        return resource | {"valueCodeableConcept": coded(SNOMED, *TOBACCO[value]) | {"text": value}}
    return resource | {"valueString": value}


def is_finding(fact: Fact) -> bool:
    """True if a problem is written as an Observation: a symptom or sign, or anything that the note denies.

    A denied disease is one too, and no refuted Condition: "denies diabetes" is what somebody says, and FHIR's
    `refuted` is what evidence has ruled out. A symptom that is over stays a resolved Condition.
    """
    if fact.assertion is Assertion.ABSENT:
        return True
    return fact.assertion in PRESENCE and fact.concept in _symptoms()


@cache
def _symptoms() -> frozenset[str]:
    return frozenset(known.key for known in concepts() if known.domain is Domain.SYMPTOM) - DIAGNOSES


def finding(fact: Fact, identity: Identity, context: Context) -> Resource:
    """Return the Observation of a symptom or sign (present, possible or absent), or of a disease that is denied.

    The value is coded and no boolean: a possible one is neither true nor false, and R4 searches a coded value
    (`value-concept`), but no boolean one. The time is as long as it lasted, where the note gives it; one that is
    absent is absent on the day of the visit.
    """
    resource = _observation(identity, context, "exam") | {
        "code": concept(fact.display, fact.code),
        "valueCodeableConcept": coded(SNOMED, *PRESENCE[fact.assertion]) | {"text": fact.assertion.value},
    }
    if fact.assertion is not Assertion.ABSENT:
        _tell_how_long(resource, fact)
    site = " ".join(part for part in (fact.laterality, fact.body_site) if part)
    if site:
        resource["bodySite"] = concept(site)
    if fact.severity is not None:
        severity = coded(SNOMED, *SEVERITIES[fact.severity]) | {"text": fact.severity}
        resource["component"] = [{"code": concept("severity", SEVERITY), "valueCodeableConcept": severity}]
    return resource


def _tell_how_long(resource: Resource, fact: Fact) -> None:
    """Add the duration: a period where there are dates, a note where there are only words."""
    period: dict[str, JSON] = {}
    notes: list[JSON] = []
    for bound, word, moment in (("start", "Began", fact.onset), ("end", "Ended", fact.abatement)):
        if moment is not None and moment.date is not None:
            period[bound] = moment.date
        elif moment is not None:
            notes.append({"text": f"{word}, in the words of the note: {moment.text}"})
    if period:
        # It stands for the day of the visit: an Observation has one time.
        resource.pop("effectiveDateTime", None)
        resource["effectivePeriod"] = period
    if notes:
        resource["note"] = notes


def _interpretation(fact: Fact) -> Resource:
    if fact.interpretation is None:
        return {}
    return {"interpretation": [coded(INTERPRETATION, *INTERPRETATIONS[fact.interpretation])]}


def _reference_range(fact: Fact) -> Resource:
    """Return the reference range as printed, and its two bounds as quantities where it has two."""
    if fact.reference_range is None:
        return {}
    printed: Resource = {"text": fact.reference_range}
    bounds = re.fullmatch(r"(\d+(?:\.\d+)?)\s?[-–]\s?(\d+(?:\.\d+)?)", fact.reference_range)
    if bounds:
        unit = fact.quantity.unit if fact.quantity else None
        for name, value in (("low", bounds[1]), ("high", bounds[2])):
            printed[name] = quantity(Quantity(value=Decimal(value), unit=unit))
    return {"referenceRange": [printed]}


def news2_observation(
    score: News2, *, scale_2: bool, vitals: Iterable[Identity], identity: Identity, context: Context
) -> Resource:
    """Return a complete NEWS2 with its parts, derived from the vital signs.

    Codes are those of SNOMED CT's UK extension: LOINC has none for NEWS2 (its 88330-6 is another thing).

    Raises:
        NotWritten: The score is incomplete.
    """
    if score.total is None:
        raise NotWritten("an incomplete NEWS2 has no total and no resource")
    parts: list[JSON] = []
    for name, points in score.parts.items():
        code, text = NEWS2_PARTS["spo2_scale_2" if name == "spo2" and scale_2 else name]
        parts.append({"code": coded(SNOMED, code) | {"text": text}, "valueInteger": points})
    resource = _observation(identity, context, "survey")
    return resource | {
        "code": concept("NEWS2", NEWS2_CODE),
        "issued": context.recorded,
        "device": context.software.reference,
        "valueInteger": score.total,
        "note": [{"text": NEWS2_ATTRIBUTION}],
        "derivedFrom": [vital.reference for vital in vitals],
        "component": parts,
    }


def _observation(identity: Identity, context: Context, category: str, measured: Moment | None = None) -> Resource:
    resource: Resource = {
        "resourceType": "Observation",
        "identifier": identity.identifier,
        # A person has not confirmed it yet.
        "status": "preliminary",
        "category": [coded(CATEGORY, category)],
        "code": {},
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
    }
    return resource | _effective(context, measured)


def _effective(context: Context, measured: Moment | None) -> Resource:
    day = measured.date if measured else context.visited
    if day is None:
        told: Resource = (
            {"note": [{"text": f"Measured, in the words of the note: {measured.text}"}]} if measured else {}
        )
        return {"effectivePeriod": absent()} | told
    if len(day) < len("2024-03-14"):
        return {"effectivePeriod": {"start": day, "end": day}}
    return {"effectiveDateTime": day}


def _vital_quantity(fact: Fact) -> Resource:
    if fact.quantity is None:
        raise NotWritten("a vital sign without a value has no resource")
    allowed = UNITS.get(fact.concept or "")
    if allowed is None:
        return quantity(fact.quantity)
    unit = fact.quantity.unit
    if unit is None and fact.concept == "temperature":
        # No living person is above 50 °C, so a bare number names its unit.
        unit = "[degF]" if fact.quantity.value > 50 else "Cel"
    elif unit is None and len(allowed) == 1:
        unit = allowed[0]
    if unit not in allowed:
        raise NotWritten("a vital sign whose unit is missing or not of its profile has no resource")
    return quantity(fact.quantity, unit)
