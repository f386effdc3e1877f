"""Validate a resource or a Bundle: the one way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bedside.tools.fhir.r4 import model_of
from bedside.tools.fhir.validation.bundles import check_bundle
from bedside.tools.fhir.validation.choice import Chosen
from bedside.tools.fhir.validation.definitions import is_resource
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.profiles import check_profiles
from bedside.tools.fhir.validation.references import Addresses, check_document, check_references
from bedside.tools.fhir.validation.walk import Met, Walk

__all__ = ["errors", "validate"]


def validate(resource: Mapping[str, Any], *, profiles: Chosen = "declared") -> list[Finding]:
    """Everything that is wrong or noteworthy in a FHIR R4 resource, in the order of the document.

    Args:
        resource: A resource or Bundle as JSON has it. Numbers may be `Decimal`.
        profiles: Which US Core 7.0.0 profiles hold: those that `meta.profile` declares, or with `us-core` also
            those of each resource's type, category and code. R4's profiles for vital signs hold always.

    Returns:
        Findings without any value of the resource. It is valid where none is an error.
    """
    is_bundle = isinstance(resource, dict) and resource.get("resourceType") == "Bundle"
    addresses = Addresses.of(resource) if is_bundle else Addresses()
    walk = Walk(addresses)
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    location = kind if isinstance(kind, str) and is_resource(kind) else "Resource"
    walk.resource(resource, location)
    for met in walk.met:
        if met.resource["resourceType"] == "Bundle":
            walk.findings += check_bundle(met.resource, met.location)
            if met.resource.get("type") == "document":
                walk.findings += check_document(met.resource, met.location, walk.references)
        else:
            _load(walk, met)
        check_profiles(walk, met, profiles)
    walk.findings += check_references(walk.references, addresses)
    return list(dict.fromkeys(walk.findings))


def _load(walk: Walk, met: Met) -> None:
    """Whether a sound resource can also be loaded with fhir.resources, as whoever gets it may want to.

    A warning, for its models refuse some valid resources: extensions of a value inside an extension, for one.
    """
    outermost = met.resource is met.scope.root
    model = model_of(met.resource["resourceType"]) if outermost and met.sound else None
    if model is None:
        return
    try:
        model.model_validate(met.resource)
    except Exception as error:
        # Of a contained type that R4B dropped, it says so with a KeyError.
        kind, place = type(error).__name__, ""
        if isinstance(error, ValidationError):
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            kind = first["type"]
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        message, location = f"fhir.resources cannot load it ({kind})", f"{met.location}{place}"
        walk.findings.append(Finding(Severity.WARNING, "not-supported", location, message, "fhir.resources"))


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that make a resource invalid."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
