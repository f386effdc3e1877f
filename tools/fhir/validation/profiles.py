"""Profiles: what US Core 7.0.0 and R4's vital signs ask beyond the base, checked on the JSON itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from bedside.tools.fhir.validation.definitions import Type, profiles, type_at, value_set
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.rules import invariant
from bedside.tools.fhir.validation.slicing import belongs, matches
from bedside.tools.fhir.validation.walk import Met, Walk

__all__ = ["Chosen", "check_profiles", "us_core_profiles"]

Chosen = Literal["declared", "us-core"]

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
LOINC = "http://loinc.org"

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
"""Types with one profile. Device has one for implants only: it holds where it is declared."""


def us_core_profiles(resource: Mapping[str, Any]) -> list[str]:
    """The URLs of the US Core profiles that a resource falls under by its type, category and code."""
    return [US_CORE + name for name in _us_core(str(resource.get("resourceType")), resource)]


def _profiles_of(resource: Mapping[str, Any], chosen: Chosen) -> list[str]:
    kind, meta = resource["resourceType"], resource.get("meta")
    declared = meta.get("profile") if isinstance(meta, dict) else None
    found = [str(url).partition("|")[0] for url in declared] if isinstance(declared, list) else []
    if kind == "Observation":
        own = (VITALS[code][0] for code in sorted(_codes(resource.get("code"), LOINC)) if code in VITALS)
        found += [CORE + name for name in own if name]
    if chosen == "us-core":
        found += us_core_profiles(resource)
    return list(dict.fromkeys(found))


def _us_core(kind: str, resource: Mapping[str, Any]) -> Iterator[str]:
    categories = _codes(resource.get("category"), None)
    if kind in BY_TYPE:
        yield BY_TYPE[kind]
    elif kind == "Condition":
        at_encounter = "encounter-diagnosis" in categories
        yield (
            "us-core-condition-encounter-diagnosis"
            if at_encounter
            else "us-core-condition-problems-health-concerns"
        )
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


def check_profiles(walk: Walk, met: Met, chosen: Chosen) -> None:
    """Hold a resource to its profiles; what is wrong goes to the findings of the walk."""
    known = profiles()
    kind = met.resource["resourceType"]
    for url in _profiles_of(met.resource, chosen):
        if url not in known:
            # Its name is anybody's text and not repeated.
            message, place = (
                "a declared profile is not known here and was not checked",
                f"{met.location}.meta.profile",
            )
            walk.findings.append(Finding(Severity.INFORMATION, "not-supported", place, message, "profile"))
            continue
        if known[url]["type"] != kind:
            message = "the declared profile is for another resource type"
            walk.error("structure", f"{met.location}.meta.profile", message, url)
            continue
        _Checker(walk, met, url).node(met.resource, known[url]["tree"], type_at(kind), met.location)


class _Checker:
    """One resource against one profile."""

    def __init__(self, walk: Walk, met: Met, url: str) -> None:
        self._walk = walk
        self._met = met
        self._url = url

    def node(self, value: Any, node: Mapping[str, Any], kind: Type | None, location: str) -> None:
        """Hold one instance of an element to its node of the profile's tree."""
        if "fixed" in node and value != node["fixed"]:
            self._error("value", location, "it is not the value that the profile fixes")
        if "pattern" in node and not matches(node["pattern"], value):
            self._error("value", location, "it does not hold what the profile's pattern asks for")
        if "binding" in node and value is not None:
            self._bound(value, node["binding"], location)
        for key in node.get("invariants", ()):
            rule = invariant(key)
            if rule is not None and value is not None:
                self._walk.apply(rule, value, kind.path if kind else "", location, self._met.scope)
        if "targets" in node and isinstance(value, dict):
            targets = frozenset(node["targets"])
            self._walk.refer(value, location, targets, self._url, self._met.scope)
        if "extension" in node:
            self._extension(value, node["extension"], location)
        if "children" in node and isinstance(value, dict) and kind is not None:
            for name, child in node["children"].items():
                self._children(value, name, child, kind, location)

    def _bound(self, value: Any, url: str, location: str) -> None:
        if isinstance(value, dict) and "coding" not in value and "code" not in value and "extension" in value:
            # Only the reason why there is no code: US Core lets that stand for it.
            return
        if value_set(url) is not None:
            self._walk.bound(value, url, location)

    def _extension(self, value: Any, url: str, location: str) -> None:
        profile = profiles().get(url)
        if profile is not None:
            _Checker(self._walk, self._met, url).node(value, profile["tree"], type_at("Extension"), location)

    def _children(self, parent: dict[str, Any], name: str, node: Mapping[str, Any], kind: Type, place: str) -> None:
        found = _instances(parent, name, kind, place)
        shown = found[0][2].rstrip("]0123456789").rstrip("[") if found else f"{place}.{name}"
        self._count(len(found), node, shown, "")
        allowed = node.get("types")
        for value, inside, where, told in found:
            if allowed and told not in allowed:
                self._error("structure", where, f"the profile allows {' or '.join(allowed)} only")
            elif "slices" not in node or node.keys() - {"min", "max", "types", "slices", "by", "closed"}:
                self.node(value, node, inside, where)
        if "slices" in node:
            self._slices(found, node, shown)

    def _slices(
        self, found: Sequence[tuple[Any, Type | None, str, str]], node: Mapping[str, Any], shown: str
    ) -> None:
        counts = dict.fromkeys(node["slices"], 0)
        for value, inside, where, told in found:
            for name, part in node["slices"].items():
                if belongs(value, told, part, node["by"]):
                    counts[name] += 1
                    self.node(value, part, inside, where)
                    break
            else:
                if node.get("closed"):
                    self._error("structure", where, "it is none of the slices that the profile allows")
        for name, part in node["slices"].items():
            self._count(counts[name], part, shown, f" of the slice {name}")

    def _count(self, count: int, node: Mapping[str, Any], location: str, which: str) -> None:
        if count < node.get("min", 0):
            self._error("required", location, f"the profile asks for at least {node['min']}{which}")
        if "max" in node and count > node["max"]:
            self._error("structure", location, f"the profile allows at most {node['max']}{which}")

    def _error(self, code: str, location: str, message: str) -> None:
        self._walk.error(code, location, message, self._url)


def _instances(
    parent: dict[str, Any], name: str, kind: Type, place: str
) -> list[tuple[Any, Type | None, str, str]]:
    """Each instance of an element: its value, what is inside of it, where, and its type as the key says it."""
    found: list[tuple[Any, Type | None, str, str]] = []
    for key in kind.names.get(name, ()):
        if key not in parent and f"_{key}" not in parent:
            continue
        element = kind.keys[key]
        inside = type_at(element.inside)
        told = element.type.replace("SimpleQuantity", "Quantity")
        value = parent.get(key)
        if isinstance(value, list):
            found += [(one, inside, f"{place}.{key}[{index}]", told) for index, one in enumerate(value)]
        else:
            found.append((value, inside, f"{place}.{key}", told))
    return found
