"""The profiles that apply to a resource: by its declaration, and by its type, category and code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bedside.tools.fhir.validation.guides import profile

__all__ = ["Chosen", "profiles_of", "us_core_profiles"]

Chosen = Literal["declared", "us-core"]

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
LOINC = "http://loinc.org"
VERSIONS: Mapping[str, str] = {US_CORE: "7.0.0", CORE: "4.0.1"}
"""The version of each set of profiles known here."""

VITALS: Mapping[str, tuple[str, str]] = {
    # LOINC to R4's vital signs profile, which holds for each Observation of that code (R4, observation-vitalsigns),
    # and to US Core's.
    "85353-1": ("vitalspanel", "us-core-vital-signs"),
    "9279-1": ("resprate", "us-core-respiratory-rate"),
    "8867-4": ("heartrate", "us-core-heart-rate"),
    "2708-6": ("oxygensat", "us-core-pulse-oximetry"),
    "59408-5": ("", "us-core-pulse-oximetry"),
    "8310-5": ("bodytemp", "us-core-body-temperature"),
    "8302-2": ("bodyheight", "us-core-body-height"),
    "9843-4": ("headcircum", "us-core-head-circumference"),
    "29463-7": ("bodyweight", "us-core-body-weight"),
    "39156-5": ("bmi", "us-core-bmi"),
    "85354-9": ("bp", "us-core-blood-pressure"),
    "96607-7": ("", "us-core-average-blood-pressure"),
    "8289-1": ("", "head-occipital-frontal-circumference-percentile"),
    "59576-9": ("", "pediatric-bmi-for-age"),
    "77606-2": ("", "pediatric-weight-for-height"),
}
BY_CODE: Mapping[str, str] = {
    # LOINC of other Observations that US Core has a profile for.
    "72166-2": "us-core-smokingstatus",
    "11341-5": "us-core-observation-occupation",
    "82810-3": "us-core-observation-pregnancystatus",
    "86645-9": "us-core-observation-pregnancyintent",
    "76690-7": "us-core-observation-sexual-orientation",
}
BY_TYPE: Mapping[str, str] = {
    "AllergyIntolerance": "us-core-allergyintolerance",
    "CarePlan": "us-core-careplan",
    "CareTeam": "us-core-careteam",
    "Coverage": "us-core-coverage",
    "DocumentReference": "us-core-documentreference",
    "Encounter": "us-core-encounter",
    "Goal": "us-core-goal",
    "Immunization": "us-core-immunization",
    "Location": "us-core-location",
    "Medication": "us-core-medication",
    "MedicationDispense": "us-core-medicationdispense",
    "MedicationRequest": "us-core-medicationrequest",
    "Organization": "us-core-organization",
    "Patient": "us-core-patient",
    "Practitioner": "us-core-practitioner",
    "PractitionerRole": "us-core-practitionerrole",
    "Procedure": "us-core-procedure",
    "Provenance": "us-core-provenance",
    "RelatedPerson": "us-core-relatedperson",
    "ServiceRequest": "us-core-servicerequest",
    "Specimen": "us-core-specimen",
}
"""The types with one profile. Device has one for implants only, which applies where it is declared."""


def us_core_profiles(resource: Mapping[str, Any]) -> list[str]:
    """Return the URLs of the US Core profiles that apply to a resource by its type, category and code."""
    return [US_CORE + name for name in _us_core(str(resource.get("resourceType")), resource)]


def profiles_of(resource: Mapping[str, Any], chosen: Chosen | str) -> list[str]:
    """Return the URLs of all profiles that apply to a resource: declared, R4's for vital signs, and chosen."""
    kind, meta = resource["resourceType"], resource.get("meta")
    declared = meta.get("profile") if isinstance(meta, dict) else None
    found = [_known_version(str(url)) for url in declared] if isinstance(declared, list) else []
    # The type itself is no profile beyond the base.
    found = [url for url in found if url != CORE + kind]
    if kind == "Observation":
        own = (VITALS[code][0] for code in sorted(_codes(resource.get("code"), LOINC)) if code in VITALS)
        found += [CORE + name for name in own if name]
    if chosen == "us-core":
        found += us_core_profiles(resource)
    elif chosen != "declared" and (asked := profile(chosen)) is not None and asked["type"] == kind:
        found.append(chosen)
    return list(dict.fromkeys(found))


def _known_version(url: str) -> str:
    """Return a profile's URL, without the version if that is the one known here."""
    bare, _, version = url.partition("|")
    if not bare.startswith((US_CORE, CORE)):
        return url
    known = VERSIONS[US_CORE] if bare.startswith(US_CORE) else VERSIONS[CORE]
    return bare if version in ("", known) else url


def _us_core(kind: str, resource: Mapping[str, Any]) -> Iterator[str]:
    categories = _codes(resource.get("category"), None)
    if kind in BY_TYPE:
        yield BY_TYPE[kind]
    elif kind == "Condition":
        at_encounter = "encounter-diagnosis" in categories
        yield f"us-core-condition-{'encounter-diagnosis' if at_encounter else 'problems-health-concerns'}"
    elif kind == "DiagnosticReport":
        yield "us-core-diagnosticreport-lab" if "LAB" in categories else "us-core-diagnosticreport-note"
    elif kind == "Observation":
        codes = sorted(_codes(resource.get("code"), LOINC))
        own = [VITALS[code][1] for code in codes if code in VITALS]
        own += [BY_CODE[code] for code in codes if code in BY_CODE]
        own = list(dict.fromkeys(own))
        if not own and "vital-signs" in categories:
            own = ["us-core-vital-signs"]
        elif not own and "laboratory" in categories:
            own = ["us-core-observation-lab"]
        elif not own and "survey" in categories:
            own = ["us-core-observation-screening-assessment"]
        yield from own


def _codes(concepts: Any, system: str | None) -> set[str]:
    found: set[str] = set()
    for concept in concepts if isinstance(concepts, list) else [concepts]:
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for coding in codings if isinstance(codings, list) else ():
            if isinstance(coding, dict) and system in (None, coding.get("system")):
                found.add(str(coding.get("code")))
    return found
